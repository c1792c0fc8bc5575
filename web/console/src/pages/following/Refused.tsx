import { asProblem } from "@qunying/api/problem";
import { Failed } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import { useDrivers } from "../connections/useDrivers.ts";

interface Props {
  error: unknown;
  onRetry?: () => void;
}

/** What WeChat, or the server, refused, and what to do about it. */
export function Refused({ error, onRetry }: Props) {
  const { t } = useWords();
  const drivers = useDrivers();
  const problem = asProblem(error);
  const said = problem.platform ? drivers.words("mp").codes[String(problem.platform)] : undefined;
  const again = onRetry ? { onRetry } : {};
  if (!said) return <Failed trouble={problem} {...again} />;
  const hint = t("following.codeIs", { code: String(problem.platform) });
  return <Failed trouble={{ code: "", message: said, hint }} {...again} />;
}
