// @vitest-environment node
import { expect, test } from "vitest";
import { type KeyPress, keyName } from "./keys";

function press(key: string, held: Partial<KeyPress> = {}): KeyPress {
  return { key, ctrlKey: false, metaKey: false, shiftKey: false, altKey: false, ...held };
}

test("letters are the same with and without caps lock, and tell of Shift", () => {
  expect(keyName(press("b"))).toBe("b");
  expect(keyName(press("B"))).toBe("b");
  expect(keyName(press("B", { shiftKey: true }))).toBe("Shift+b");
  expect(keyName(press("Z", { ctrlKey: true, shiftKey: true }))).toBe("Ctrl+Shift+z");
});

test("Command is Ctrl", () => {
  expect(keyName(press("z", { metaKey: true }))).toBe("Ctrl+z");
});

test("signs are what they show, whatever the keyboard needs for them", () => {
  expect(keyName(press("?", { shiftKey: true }))).toBe("?");
  expect(keyName(press("/", { shiftKey: true }))).toBe("/");
  expect(keyName(press(" ", { shiftKey: true }))).toBe("Shift+Space");
});
