import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { followBefore } from "../../actions/followBefore";
import { loadLabelHistory } from "../../actions/labelHistory";
import { loadLabelOverlaps } from "../../actions/labelOverlaps";
import { operation } from "../../actions/operations";
import { decideHindrance, returnLabel, returnRequest } from "../../actions/review";
import { showLabel } from "../../actions/show";
import type { Label } from "../../api/client";
import { beforeHindrance, showBefore, shownBefore } from "../../state/before";
import { newestEdit } from "../../state/labels";
import { preferences } from "../../state/preferences";
import { classByUid, layers } from "../../state/project";
import { RETURN_REASONS, reviewed } from "../../state/review";
import { useOfLabel } from "../label/useOfLabel";
import { ReturnForm } from "./ReturnForm";
import { ReviewActs } from "./ReviewActs";
import { ReviewFacts } from "./ReviewFacts";

/** The label under review, and the decision. */
export function ReviewRegion() {
  const label = reviewed.value;
  if (label === null) return <p class="panel-part quiet">Choose a label to review it.</p>;
  return <OneLabel key={label.uid} label={label} />;
}

function OneLabel({ label }: { readonly label: Label }) {
  const history = useOfLabel(label, loadLabelHistory);
  const overlaps = useOfLabel(label, loadLabelOverlaps, newestEdit.value);
  useEffect(() => followBefore(label.uid), [label.uid, label.updated_at]);
  const returning = useSignal(false);
  const seen = useSignal(returnRequest.peek());
  const request = returnRequest.value;
  useEffect(() => {
    if (request === seen.peek()) return;
    seen.value = request;
    returning.value = true;
  }, [request]);
  const stop = () => {
    returning.value = false;
  };
  const run = (id: string) => () => operation(id).run();
  return (
    <>
      <ReviewFacts
        label={label}
        labelClass={classByUid.value.get(label.label_class) ?? null}
        layerName={layers.value.find((layer) => layer.uid === label.layer)?.name ?? ""}
        history={history}
        overlaps={overlaps}
        now={new Date()}
        areaUnit={preferences.value.areaUnit}
        before={{
          shown: shownBefore.value !== null,
          hindrance: beforeHindrance.value,
          onShow: showBefore,
        }}
        onShow={() => showLabel(label)}
      />
      {returning.value ? (
        <ReturnForm
          reasons={RETURN_REASONS}
          onReturn={(comment) => {
            stop();
            returnLabel(comment);
          }}
          onCancel={stop}
        />
      ) : (
        <ReviewActs
          hindrance={decideHindrance(label)}
          onAccept={run("review.accept")}
          onReturn={run("review.return")}
          onPrevious={run("review.previous")}
          onNext={run("review.next")}
          onFix={run("review.fix")}
        />
      )}
    </>
  );
}
