import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { createUser, putMember, removeMember } from "../../actions/manage";
import type { NewUser, Role } from "../../api/client";
import { notify } from "../../state/notices";
import { mayManage, members, project } from "../../state/project";
import { me, session } from "../../state/session";
import { Link } from "../controls/Link";
import { Page } from "../project/Page";
import { Places } from "../project/Places";
import { reasonOf } from "../reason";
import { AddMember } from "./AddMember";
import { CreateUser } from "./CreateUser";
import { MembersTable } from "./MembersTable";

/** Who works in the project. Managers change it; site administrators make accounts here too. */
export function MembersPage() {
  const failure = useSignal<string | null>(null);
  const open = project.value;
  useEffect(() => {
    failure.value = null;
  }, [open?.uid]);
  if (open === null) return <Page>{null}</Page>;

  /** Whether it worked; why not is shown above the table. */
  const attempt = async (work: Promise<unknown>, done: string): Promise<boolean> => {
    failure.value = null;
    try {
      await work;
      notify(done);
      return true;
    } catch (error) {
      failure.value = reasonOf(error);
      return false;
    }
  };
  const nameOf = (uid: string) => {
    const found = members.value.find(({ user }) => user.uid === uid)?.user;
    return found?.display_name || found?.username || "The member";
  };

  return (
    <Page crumbs={<Crumbs uid={open.uid} name={open.name} />} places={<Places onExport={null} />}>
      <div class="page-title">
        <h1>Members of {open.name}</h1>
      </div>
      {failure.value && (
        <p class="notice notice-bad" role="alert">
          {failure.value}
        </p>
      )}
      <MembersTable
        members={members.value}
        me={me.value?.uid ?? null}
        mayManage={mayManage.value}
        onRole={(username, role) =>
          void attempt(putMember({ username, role }), `${username} is now ${role}.`)
        }
        onRemove={(user) => void attempt(removeMember(user), `${nameOf(user)} was removed.`)}
      />
      {mayManage.value && (
        <AddMember
          onAdd={(username: string, role: Role) =>
            attempt(putMember({ username, role }), `${username} was added.`)
          }
        />
      )}
      {session.value?.may_create_users && (
        <section class="page-part">
          <h2>New account</h2>
          <p class="quiet">For somebody who cannot sign in yet. Then add them above.</p>
          <CreateUser
            onCreate={(user: NewUser) =>
              attempt(createUser(user), `The account ${user.username} was made.`)
            }
          />
        </section>
      )}
    </Page>
  );
}

function Crumbs({ uid, name }: { readonly uid: string; readonly name: string }) {
  return (
    <nav class="crumbs" aria-label="Project">
      <Link to={`/p/${uid}`} class="button button-quiet crumb-project">
        {name}
      </Link>
    </nav>
  );
}
