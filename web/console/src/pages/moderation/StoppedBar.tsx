import { asProblem } from "@qunying/api/problem";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button } from "antd";
import { order, saveOrder } from "../../queries/moderation.ts";
import { useHere } from "../../shell/useHere.ts";
import { Failed } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import style from "./Moderation.module.css";

/** Says when nothing is done by itself, and lifts it. */
export function StoppedBar() {
  const { t } = useWords();
  const { community, may } = useHere();
  const client = useQueryClient();
  const { data } = useQuery(order(community));
  const resume = useMutation({
    mutationFn: () => saveOrder(community, { ...data!, stopped: false }),
    onSuccess: (after) => client.setQueryData(order(community).queryKey, after),
  });
  if (!data?.stopped) return null;
  return (
    <div className={`${style.stopped} ${style.bar}`} role="status">
      <span className={style.words}>{t("order.stopped")}</span>
      {may("moderation.rules") ? (
        <Button size="small" loading={resume.isPending} onClick={() => resume.mutate()}>
          {t("order.resume")}
        </Button>
      ) : null}
      {resume.error ? <Failed trouble={asProblem(resume.error)} /> : null}
    </div>
  );
}
