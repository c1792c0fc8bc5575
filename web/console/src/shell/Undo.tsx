import { CloseOutlined } from "@ant-design/icons";
import type { Bulk, GroupEdit } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Button } from "antd";
import { createContext, type ReactNode, useContext, useState } from "react";
import { useTranslation } from "react-i18next";
import { cancelBulk } from "../queries/actions.ts";
import { undoEdit } from "../queries/edits.ts";
import { Failed } from "../ui/states.tsx";
import { useNow } from "../words/useNow.ts";
import style from "./Undo.module.css";
import { useHere } from "./useHere.ts";

type Done = Bulk | GroupEdit;

const Offer = createContext<(done: Done) => void>(() => {});

/** Hands over what was just sent to many groups or changed in them, so that it can be taken back from any page. */
export function useUndo() {
  return useContext(Offer);
}

export function UndoProvider({ children }: { children: ReactNode }) {
  const [done, setDone] = useState<Done | undefined>();
  const close = () => setDone(undefined);
  return (
    <Offer.Provider value={setDone}>
      {children}
      {!done ? null : "batch" in done ? (
        <UndoBar key={done.batch} sent={done} onClose={close} />
      ) : (
        <EditUndoBar key={done.id} done={done} onClose={close} />
      )}
    </Offer.Provider>
  );
}

function EditUndoBar({ done, onClose }: { done: GroupEdit; onClose: () => void }) {
  const { t } = useTranslation();
  const { community } = useHere();
  const client = useQueryClient();
  const takeBack = useMutation({
    mutationFn: () => undoEdit(community, done.id),
    onSettled: () => {
      for (const part of ["settings", "group", "groups", "tasks", "attention", "outbox"])
        void client.invalidateQueries({ queryKey: [part] });
    },
  });
  return (
    <aside className={style.bar} aria-label={t("edits.undo")}>
      <p className={style.words} role="status">
        {takeBack.data ? t("edits.undone", { count: takeBack.data.groups }) : t("edits.done", { count: done.groups })}
        {takeBack.data && takeBack.data.stayed > 0 ? ` · ${t("edits.stayed", { count: takeBack.data.stayed })}` : null}
      </p>
      {takeBack.error ? <Failed trouble={asProblem(takeBack.error)} /> : null}
      {takeBack.data ? null : (
        <Button type="primary" loading={takeBack.isPending} onClick={() => takeBack.mutate()}>
          {t("edits.undo")}
        </Button>
      )}
      <Link to="/settings/sending">{t("edits.see")}</Link>
      <Button
        type="text"
        icon={<CloseOutlined aria-hidden="true" />}
        aria-label={t("action.close")}
        onClick={onClose}
      />
    </aside>
  );
}

function UndoBar({ sent, onClose }: { sent: Bulk; onClose: () => void }) {
  const { t } = useTranslation();
  const { community } = useHere();
  const client = useQueryClient();
  const now = useNow(250);
  const left = Math.ceil((sent.undo_until - now) / 1000);
  const takeBack = useMutation({
    mutationFn: () => cancelBulk(community, sent.batch),
    onSettled: () => {
      for (const part of ["outbox", "attention", "tasks"]) void client.invalidateQueries({ queryKey: [part] });
    },
  });
  return (
    <aside className={style.bar} aria-label={t("bulk.undo")}>
      <p className={style.words}>
        <span aria-hidden={left > 0 && !takeBack.data}>
          {takeBack.data
            ? t("bulk.undone", { count: takeBack.data.cancelled })
            : left > 0
              ? t("bulk.undoing", { count: sent.asked, s: left })
              : t("bulk.going", { count: sent.asked })}
        </span>
        {sent.refused.length > 0 ? <span> · {t("bulk.refused", { count: sent.refused.length })}</span> : null}
      </p>
      <span className="unseen" role="status">
        {takeBack.data ? t("bulk.undone", { count: takeBack.data.cancelled }) : t("bulk.going", { count: sent.asked })}
      </span>
      {takeBack.error ? <Failed trouble={asProblem(takeBack.error)} /> : null}
      {left > 0 && !takeBack.data ? (
        <Button type="primary" loading={takeBack.isPending} onClick={() => takeBack.mutate()}>
          {t("bulk.undo")}
        </Button>
      ) : (
        <Link to="/outbox" search={{}}>
          {t("bulk.see")}
        </Link>
      )}
      <Button
        type="text"
        icon={<CloseOutlined aria-hidden="true" />}
        aria-label={t("action.close")}
        onClick={onClose}
      />
    </aside>
  );
}
