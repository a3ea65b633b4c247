import { useSignal } from "@preact/signals";
import { signIn } from "../../actions/signIn";
import { Mark } from "../controls/Mark";
import { reasonOf } from "../reason";
import { SignInForm } from "./SignInForm";

/** The way in, in a frame of its own on the sign-in page and in a dialog over the work. */
export function SignIn() {
  const busy = useSignal(false);
  const failure = useSignal<string | null>(null);
  const enter = async (username: string, password: string) => {
    busy.value = true;
    failure.value = null;
    try {
      await signIn(username, password);
    } catch (error) {
      failure.value = reasonOf(error);
    } finally {
      busy.value = false;
    }
  };
  return (
    <SignInForm
      failure={failure.value}
      busy={busy.value}
      onSignIn={(username, password) => void enter(username, password)}
    />
  );
}

export function SignInPage() {
  return (
    <main class="sign-in">
      <div class="sign-in-box">
        <h1 class="sign-in-name">
          <Mark />
          SegMap Web
        </h1>
        <SignIn />
      </div>
    </main>
  );
}
