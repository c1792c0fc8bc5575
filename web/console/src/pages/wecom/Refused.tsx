import { asProblem } from "@qunying/api/problem";
import { Failed } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";

/** The platform's answers that can be explained better than by its own words. */
const known = [
  -1, 40001, 40003, 40013, 40050, 40058, 40068, 40071, 40096, 40129, 41048, 41051, 41093, 45009, 48002, 60011, 60020,
  81013, 84061, 90500, 90501, 90502, 600018, 701008,
] as const;

/** Why the platform refused something, in plain words; "" where its number says nothing to us. */
export function useCodeWords(): (code: number) => string {
  const { t } = useWords();
  return (code) => {
    const c = known.find((k) => k === code);
    return c === undefined ? "" : t(`wecom.code.${c === -1 ? "busy" : (String(c) as `${Exclude<typeof c, -1>}`)}`);
  };
}

interface Props {
  error: unknown;
  onRetry?: () => void;
}

/** What the platform, or the server, refused, and what to do about it. */
export function Refused({ error, onRetry }: Props) {
  const { t } = useWords();
  const words = useCodeWords();
  const problem = asProblem(error);
  const said = problem.platform ? words(problem.platform) : "";
  const again = onRetry ? { onRetry } : {};
  if (!said) return <Failed trouble={problem} {...again} />;
  return (
    <Failed
      trouble={{ code: "", message: said, hint: t("wecom.codeIs", { code: String(problem.platform) }) }}
      {...again}
    />
  );
}
