import style from "./Brand.module.css";

/** The product's mark. */
export function Mark({ size = 28 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" className={style.mark}>
      <rect width="32" height="32" rx="9" />
      <g>
        <circle cx="12" cy="12" r="4.2" />
        <path d="M4.800 25c0-4.300 3.200-7 7.200-7s7.200 2.700 7.200 7z" />
        <path
          opacity=".7"
          d="M20.600 9.200a3.600 3.600 0 1 1-1.800 6.700 7 7 0 0 0 1.800-6.700zM21.600 25c0-2.300-.8-4.400-2.100-6a6.100 6.100 0 0 1 2-.3c3.300 0 6 2.300 6 6.300z"
        />
      </g>
    </svg>
  );
}
