/** A network of so many bands looks at a layer, before an engine has said how many it takes. */
const USUAL_BANDS = 3;

/**
 * What the engine's network gets of a layer, in words; null where the layer has nothing yet.
 *
 * @param roles of the bands that networks get, in their order.
 * @param bands how many the engine's network takes; 0 while there is no engine.
 */
export function modelSees(roles: readonly string[], bands: number): string | null {
  if (roles.length === 0) return null;
  const wanted = bands === 0 ? USUAL_BANDS : bands;
  if (roles.length < wanted) return `nothing: it needs ${wanted} bands`;
  const seen = roles.slice(0, wanted);
  if (seen.every((role) => role === seen[0])) return "one band";
  return seen.includes("nir") ? "RGB and infrared" : "RGB";
}
