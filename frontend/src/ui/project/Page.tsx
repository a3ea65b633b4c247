import type { ComponentChildren } from "preact";
import { dismiss, notices } from "../../state/notices";
import { Link } from "../controls/Link";
import { Mark } from "../controls/Mark";
import { Toasts } from "../label/Toasts";
import { Account } from "./Account";

interface Props {
  readonly crumbs?: ComponentChildren;
  readonly places?: ComponentChildren;
  readonly children: ComponentChildren;
}

/** A page without a map: top bar, and one column of content. */
export function Page({ crumbs, places, children }: Props) {
  return (
    <div class="page">
      <header class="page-top top-bar">
        <Link to="/" class="mark" name="Projects">
          <Mark />
        </Link>
        {crumbs ?? <span class="crumb-project">SegMap Web</span>}
        <div class="top-end">
          {places}
          {places !== undefined && <span class="top-gap" />}
          <Account />
        </div>
      </header>
      <main class="page-body">
        <div class="page-column">{children}</div>
      </main>
      <Toasts notices={notices.value} onDismiss={dismiss} fixed />
    </div>
  );
}
