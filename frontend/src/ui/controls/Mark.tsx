/** The product's sign: an outline, and the click that made it. */
export function Mark() {
  return (
    <svg class="mark-sign" viewBox="0 0 24 24" aria-hidden="true">
      <path
        d="M3.5 13.8 6 6.6l6.7-3.1 7.8 3.3-1.2 6.2 1 5.2-7.5 2.3-6.3-1.3Z"
        fill="none"
        stroke="currentColor"
        stroke-width="2"
        stroke-linejoin="round"
      />
      <circle cx="12" cy="12" r="2.6" fill="currentColor" />
    </svg>
  );
}
