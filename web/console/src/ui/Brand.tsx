import style from "./Brand.module.css";

/** The product's mark. */
export function Mark({ size = 28 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" className={style.mark}>
      <rect width="32" height="32" rx="9" />
      <g>
        <circle cx="12" cy="12" r="4.2" />
        <path d="M4.800 25c0-4.300 3.200-7 7.200-7s7.200 2.700 7.200 7z" />
        <g opacity=".7">
          <circle cx="22.2" cy="13" r="3.2" />
          <path d="M21.2 25h6.200c0-3.900-2.200-6.600-5.200-6.600-1 0-1.900.3-2.700.7 1.100 1.600 1.700 3.600 1.700 5.900z" />
        </g>
      </g>
    </svg>
  );
}
