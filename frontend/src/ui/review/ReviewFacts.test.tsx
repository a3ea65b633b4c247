import { expect, it, vi } from "vitest";
import { exampleLabel } from "../../testing/examples";
import { buttonOf, click, mounted } from "../mounted";
import { ReviewFacts } from "./ReviewFacts";

const NAME = "The outline before";

function shown(hindrance: string | null, isShown = false, onShow = vi.fn()) {
  const root = mounted(
    <ReviewFacts
      label={exampleLabel()}
      labelClass={null}
      layerName="2020"
      history={null}
      overlaps={null}
      now={new Date(0)}
      areaUnit="metric"
      before={{ shown: isShown, hindrance, onShow }}
      onShow={vi.fn()}
    />,
  );
  return { root, button: buttonOf(root, NAME), onShow };
}

it("the outline before is switched on and off by a button that names its key", () => {
  const off = shown(null);
  expect(off.button.dataset.tip).toBe(`${NAME}  Y`);
  expect(off.button.getAttribute("aria-pressed")).toBe("false");
  click(off.root, NAME);
  expect(off.onShow).toHaveBeenCalledWith(true);
  const on = shown(null, true);
  expect(on.button.getAttribute("aria-pressed")).toBe("true");
  click(on.root, NAME);
  expect(on.onShow).toHaveBeenCalledWith(false);
});

it("where there is none, the button says why and does nothing", () => {
  const { root, button, onShow } = shown("This outline was never changed.");
  expect(button.getAttribute("aria-disabled")).toBe("true");
  expect(button.dataset.tip).toContain("This outline was never changed.");
  click(root, NAME);
  expect(onShow).not.toHaveBeenCalled();
});
