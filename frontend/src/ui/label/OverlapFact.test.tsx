import { expect, it, vi } from "vitest";
import { exampleLabel } from "../../testing/examples";
import { click, mounted } from "../mounted";
import { OverlapFact } from "./OverlapFact";

const overlap = (number: number) => ({ label: `label-${number}`, number, area_m2: 30 });
const LABEL = exampleLabel({ uid: "mine", number: 128 });

function fact(numbers: readonly number[], onCut: ((gives: string, keeps: string) => void) | null) {
  const overlaps = numbers.map(overlap);
  return mounted(
    <dl>
      <OverlapFact label={LABEL} overlaps={overlaps} areaUnit="metric" onCut={onCut} />
    </dl>,
  );
}

it("lets either of two labels give way", () => {
  const onCut = vi.fn();
  const root = fact([7, 9], onCut);
  click(root, "Cut #9");
  click(root, "Cut #128");
  expect(onCut.mock.calls).toEqual([
    ["label-9", "mine"],
    ["mine", "label-7"],
  ]);
});

it("names three labels and counts the others", () => {
  const words = fact([7, 9, 11, 12, 13], null).textContent;
  expect(words).toBe("Lies on#7 (30 m²)#9 (30 m²)#11 (30 m²)and 2 more");
});

it("offers nothing where there is nothing to cut, or this is no place for it", () => {
  expect(fact([], vi.fn()).textContent).toBe("");
  expect(fact([7], null).querySelector("button")).toBeNull();
});
