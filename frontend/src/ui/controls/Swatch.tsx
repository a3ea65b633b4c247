interface Props {
  readonly colour: string;
  readonly pattern: "plain" | "hatch" | "dots";
}

/** A class's colour and pattern, as it fills its labels on the map. Its name stands beside it. */
export function Swatch({ colour, pattern }: Props) {
  return (
    <span class="swatch" aria-hidden="true">
      <svg viewBox="0 0 18 18" role="presentation">
        <rect width="18" height="18" fill={colour} />
        {pattern === "hatch" && (
          <path
            d="M-2 8 8-2M-2 15 15-2M2 20 20 2M9 20 20 9"
            stroke="#ffffff"
            stroke-width="2"
            stroke-opacity="0.9"
          />
        )}
        {pattern === "dots" &&
          DOTS.map(([x, y]) => (
            <circle key={`${x} ${y}`} cx={x} cy={y} r="1.7" fill="#ffffff" fill-opacity="0.95" />
          ))}
      </svg>
    </span>
  );
}

const DOTS = [
  [4.5, 4.5],
  [13.5, 4.5],
  [9, 9],
  [4.5, 13.5],
  [13.5, 13.5],
] as const;
