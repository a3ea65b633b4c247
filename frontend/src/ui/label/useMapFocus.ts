import { useEffect } from "preact/hooks";

/**
 * Leaves the focus on the map when a button beside it is pressed by pointer: Enter would press that
 * button again instead of saving. With the keyboard, buttons take the focus as ever.
 */
export function useMapFocus(): void {
  useEffect(() => {
    const keep = (event: MouseEvent) => {
      const target = event.target instanceof Element ? event.target : null;
      const beside = target?.closest(".frame button") && !target.closest("dialog, form");
      if (beside) event.preventDefault();
    };
    document.addEventListener("mousedown", keep);
    return () => document.removeEventListener("mousedown", keep);
  }, []);
}
