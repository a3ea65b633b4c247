/** What a network takes before an engine has said so. */
const USUAL_BANDS: readonly number[] = [1, 2, 3];

const WORDS: Readonly<Record<string, string>> = { nir: "infrared" };
const SHORT: Readonly<Record<string, string>> = {
  "red,green,blue": "RGB",
  "red,green,blue,nir": "RGB and infrared",
};

/**
 * What the engine's network gets of a layer, in words; null where the layer has nothing yet.
 *
 * @param roles of the bands that networks get, in their order.
 * @param bands which of them the engine's network takes, from 1; none while there is no engine.
 */
export function modelSees(roles: readonly string[], bands: readonly number[]): string | null {
  if (roles.length === 0) return null;
  const wanted = bands.length === 0 ? USUAL_BANDS : bands;
  const needed = Math.max(...wanted);
  if (roles.length < needed) return `nothing: it needs ${needed} bands`;
  const seen = wanted.map((band) => roles[band - 1] ?? "");
  if (seen.every((role) => role === seen[0])) return "one band";
  return SHORT[seen.join()] ?? seen.map((role) => WORDS[role] ?? role).join(", ");
}
