/** How many shades the palette has for heat. */
export const heatSteps = 6;

/**
 * Which shade a value gets. Steps grow with the square root, as a group's loudest
 * hour is many times its usual one; only nothing at all gets the first.
 */
export function heatStep(value: number, most: number): number {
  if (value <= 0 || most <= 0) return 0;
  return Math.min(heatSteps - 1, 1 + Math.floor(Math.sqrt(value / most) * (heatSteps - 1) * 0.999));
}
