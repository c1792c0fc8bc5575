import { asProblem } from "@qunying/api/problem";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Button } from "antd";
import { leaveGroup, returnToGroup } from "../../queries/profile.ts";
import { useHere } from "../../shell/useHere.ts";
import { Failed } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import style from "./SettingsDrawer.module.css";

/** Ends listening in a group, or takes it out of all lists; both can be taken back here. */
export function LeavePart({ group, listens }: { group: number; listens: boolean }) {
  const { t } = useWords();
  const { community } = useHere();
  const client = useQueryClient();
  const again = () => void client.invalidateQueries();
  const leave = useMutation({
    mutationFn: (away: boolean) => leaveGroup(community, group, away),
    onSettled: again,
  });
  const back = useMutation({ mutationFn: () => returnToGroup(community, group), onSettled: again });
  const error = leave.error ?? back.error;
  return (
    <div className={style.form}>
      <ul className={style.says}>
        <li>{t("leave.stop")}</li>
        <li>{t("leave.stays")}</li>
        <li>{t("leave.away")}</li>
        <li>{t("leave.undo")}</li>
      </ul>
      <div className={style.foot}>
        {listens ? (
          <Button loading={leave.isPending} onClick={() => leave.mutate(false)}>
            {t("leave.doStop")}
          </Button>
        ) : null}
        <Button loading={leave.isPending} onClick={() => leave.mutate(true)}>
          {t(listens ? "leave.doBoth" : "leave.doAway")}
        </Button>
        <Button loading={back.isPending} onClick={() => back.mutate()}>
          {t("leave.return")}
        </Button>
      </div>
      <p role="status" className={style.teach}>
        {back.data
          ? t(back.data.listens ? "leave.back" : "leave.backUnheard")
          : leave.isSuccess
            ? t(leave.variables ? "leave.doneAway" : "leave.doneStop")
            : null}
      </p>
      {error ? <Failed trouble={asProblem(error)} /> : null}
    </div>
  );
}
