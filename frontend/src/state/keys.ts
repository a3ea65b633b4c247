/** Keys as the shortcuts name them: "Ctrl+Shift+Z", "Shift+Space", "s", "?". */

export type KeyPress = Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "shiftKey" | "altKey">;

/** The name of a pressed key. Command counts as Ctrl; a sign such as "?" already tells of its Shift. */
export function keyName(press: KeyPress): string {
  const key = press.key === " " ? "Space" : press.key;
  const isSign = key.length === 1 && !/[\p{L}]/u.test(key);
  const parts: string[] = [];
  if (press.ctrlKey || press.metaKey) parts.push("Ctrl");
  if (press.altKey) parts.push("Alt");
  if (press.shiftKey && !isSign) parts.push("Shift");
  parts.push(key.length === 1 ? key.toLowerCase() : key);
  return parts.join("+");
}

/** True for keys that type something by themselves: they may be turned off. */
export function isCharacter(name: string): boolean {
  return name.length === 1;
}
