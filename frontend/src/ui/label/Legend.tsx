import { useId } from "preact/hooks";

interface Props {
  readonly name: string;
  readonly stops: readonly { readonly value: number; readonly colour: string }[];
}

/** The colour ramp of the view, with its numbers. */
export function Legend({ name, stops }: Props) {
  const gradient = useId();
  const first = stops[0];
  const last = stops[stops.length - 1];
  if (!first || !last || first.value === last.value) return null;
  const share = (value: number) => (value - first.value) / (last.value - first.value);
  const middle = (first.value + last.value) / 2;
  return (
    <figure class="legend" aria-label={`Legend: ${name}`}>
      <figcaption>{name}</figcaption>
      <svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
        <linearGradient id={gradient}>
          {stops.map((stop) => (
            <stop key={stop.value} offset={share(stop.value)} stop-color={stop.colour} />
          ))}
        </linearGradient>
        <rect width="100" height="10" fill={`url(#${gradient})`} />
      </svg>
      <div class="legend-numbers">
        {[first.value, middle, last.value].map((value) => (
          <span key={value}>{signed(value)}</span>
        ))}
      </div>
    </figure>
  );
}

function signed(value: number): string {
  return Number(value.toFixed(2)).toString().replace("-", "−");
}
