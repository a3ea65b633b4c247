import { effect } from "@preact/signals";
import TileLayer from "ol/layer/Tile";
import type OlMap from "ol/Map";
import TileImage from "ol/source/TileImage";
import TileGrid from "ol/tilegrid/TileGrid";
import type { Crs, Layer } from "../../api/client";
import { activeLayer, activeOpacity, activePicture } from "../../state/view";

const FADE_MS = 100;

function tilesOf(layer: Layer, view: string, crs: Crs): TileImage | null {
  const grid = layer.tile_grid;
  if (grid === null) return null;
  return new TileImage({
    projection: crs.id,
    tileGrid: new TileGrid({
      origin: grid.origin,
      extent: grid.extent,
      resolutions: grid.resolutions,
      tileSize: grid.tile_size,
    }),
    tileUrlFunction: ([z, x, y]) =>
      layer.tile_url
        .replace("{view}", view)
        .replace("{z}", String(z))
        .replace("{x}", String(x))
        .replace("{y}", String(y)),
    transition: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : FADE_MS,
  });
}

/** Shows the active layer in its view. The former picture stays under the new one until that is there. */
export class ImageryLayer {
  private shown: TileLayer<TileImage> | null = null;
  private former: TileLayer<TileImage> | null = null;
  private stop: () => void = () => undefined;

  constructor(
    private readonly map: OlMap,
    private readonly crs: Crs,
  ) {}

  attach(): void {
    let key = "";
    const stopSource = effect(() => {
      const layer = activeLayer.value;
      const view = activePicture.value;
      const next = layer === null || view === null ? "" : `${layer.tile_url} ${view}`;
      if (next === key) return;
      key = next;
      this.show(layer, view ?? "");
    });
    const stopOpacity = effect(() => {
      const opacity = activeOpacity.value;
      this.shown?.setOpacity(opacity);
    });
    this.stop = () => {
      stopSource();
      stopOpacity();
    };
  }

  /** False where the image is known to be empty, true where it is not, null where it is not drawn yet. */
  hasDataAt(left: number, top: number): boolean | null {
    const data = this.shown?.getData([left, top]) ?? null;
    if (data === null || data instanceof DataView) return null;
    const alpha = data[3];
    return alpha === undefined ? null : alpha > 0;
  }

  dispose(): void {
    this.stop();
    for (const layer of [this.shown, this.former]) if (layer !== null) this.map.removeLayer(layer);
  }

  private show(layer: Layer | null, view: string): void {
    if (this.former !== null) this.map.removeLayer(this.former);
    this.former = this.shown;
    this.shown = null;
    const source = layer === null ? null : tilesOf(layer, view, this.crs);
    if (layer !== null && source !== null) {
      const next = new TileLayer({ source, zIndex: 0, opacity: activeOpacity.peek() });
      next.on("prerender", (event) => {
        const context = event.context;
        const resolution = event.frameState?.viewState.resolution ?? 0;
        // Enlarged pixels are shown as they are, square and sharp; reduced ones are averaged.
        if (context instanceof CanvasRenderingContext2D) {
          context.imageSmoothingEnabled = resolution > layer.resolution * 1.001;
        }
      });
      this.shown = next;
      this.map.addLayer(next);
    }
    const former = this.former;
    if (former === null) return;
    former.setZIndex(-1);
    this.map.once("rendercomplete", () => {
      this.map.removeLayer(former);
      if (this.former === former) this.former = null;
    });
  }
}
