import { useEffect, useState } from "react";

/** The time now, in milliseconds since 1970 UTC, told anew at every step. */
export function useNow(step: number): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), step);
    return () => clearInterval(timer);
  }, [step]);
  return now;
}
