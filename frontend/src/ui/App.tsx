import { useSignalEffect } from "@preact/signals";
import { assertNever } from "../api/assertNever";
import { assertive, polite } from "../state/notices";
import { project, projectFailure } from "../state/project";
import { type Route, route } from "../state/route";
import { me, session, sessionEnded } from "../state/session";
import { Dialog } from "./controls/Dialog";
import { Link } from "./controls/Link";
import { Help } from "./label/Help";
import { LabelPage } from "./label/LabelPage";
import { MembersPage } from "./members/MembersPage";
import { Page } from "./project/Page";
import { ProjectsPage } from "./projects/ProjectsPage";
import { ReviewPage } from "./review/ReviewPage";
import { SignIn, SignInPage } from "./signin/SignInPage";

/** The page that the address names, and what is the same on all of them. */
export function App() {
  useSignalEffect(() => {
    const name = project.value?.name;
    document.title = name === undefined ? "SegMap Web" : `${name} – SegMap Web`;
  });
  return (
    <>
      <CurrentPage route={route.value} />
      <Help />
      <SessionEnded />
      <LiveRegions />
    </>
  );
}

function CurrentPage({ route: now }: { readonly route: Route }) {
  // Until the server has said who is here, every page would flash and go.
  if (session.value === null) return null;
  if (me.value === null && !sessionEnded.value) return <SignInPage />;
  if ("project" in now && projectFailure.value !== null) return <Failure />;
  switch (now.page) {
    case "signin":
    case "projects":
      return <ProjectsPage />;
    case "label":
      return <LabelPage key={now.project} />;
    case "review":
      return <ReviewPage key={now.project} />;
    case "members":
      return <MembersPage key={now.project} />;
    case "nowhere":
      return <Nowhere sentence="There is no page at this address." />;
    default:
      return assertNever(now);
  }
}

function Failure() {
  return <Nowhere sentence={projectFailure.value ?? ""} />;
}

function Nowhere({ sentence }: { readonly sentence: string }) {
  return (
    <Page>
      <div class="sheet-list empty">
        <p>{sentence}</p>
        <Link to="/" class="button">
          All projects
        </Link>
      </div>
    </Page>
  );
}

/** A session that ended under the work: the page stays as it is, and nothing is lost. */
function SessionEnded() {
  if (!sessionEnded.value) return null;
  return (
    <Dialog title="You were signed out" onClose={() => undefined} stays>
      <p>Sign in here; your draft is kept.</p>
      <SignIn />
    </Dialog>
  );
}

function LiveRegions() {
  return (
    <>
      <div class="visually-hidden" role="status" aria-live="polite">
        {polite.value}
      </div>
      <div class="visually-hidden" role="alert" aria-live="assertive">
        {assertive.value}
      </div>
    </>
  );
}
