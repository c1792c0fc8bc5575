import type { BulkGroup, BulkPreview } from "@qunying/api/model";
import { asProblem } from "@qunying/api/problem";
import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Input } from "antd";
import { useDeferredValue, useId, useState } from "react";
import { waitWords } from "../../parts/waits.ts";
import { askBulk, previewBulk, undo } from "../../queries/actions.ts";
import { useKeys } from "../../queries/key.ts";
import { useUndo } from "../../shell/Undo.tsx";
import { useHere } from "../../shell/useHere.ts";
import { Sheet } from "../../ui/Sheet.tsx";
import { Failed, Loading } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import style from "./BulkSheet.module.css";
import type { Choice } from "./useChoice.ts";

interface Props {
  choice: Choice;
  onClose: () => void;
  onSent: () => void;
}

const kind = { kind: "send", class: "broadcast" } as const;

/** Writes one message to many groups: first what would become of it, then the sending. */
export default function BulkSheet({ choice, onClose, onSent }: Props) {
  const { t } = useWords();
  const { community } = useHere();
  const client = useQueryClient();
  const offerUndo = useUndo();
  const id = useId();
  const [text, setText] = useState("");
  const keys = useKeys();
  const groups = [...choice.ids].sort((a, b) => a - b);
  // Which groups can be written to depends on the message being there, not on its words.
  const written = useDeferredValue(text.trim() !== "");
  const preview = useQuery({
    ...previewBulk(community, groups, { ...kind, text: "…" }),
    enabled: written && groups.length > 0,
    placeholderData: keepPreviousData,
  });
  const send = useMutation({
    mutationFn: () => {
      const action = { ...kind, text: text.trim() };
      return askBulk(community, groups, action, keys.of([groups, action]));
    },
    onSettled: (_, error) => keys.settle(error),
    onSuccess: (sent) => {
      for (const part of ["outbox", "attention", "tasks"]) void client.invalidateQueries({ queryKey: [part] });
      offerUndo(sent);
      onSent();
    },
  });
  const able = preview.data ? preview.data.groups.filter((g) => g.can !== "nobody").length : groups.length;
  return (
    <Sheet title={t("bulk.title", { count: groups.length })} onClose={onClose} width={560}>
      <div className={style.form}>
        <label htmlFor={id}>{t("bulk.text")}</label>
        <Input.TextArea
          id={id}
          value={text}
          onChange={(e) => setText(e.target.value)}
          autoSize={{ minRows: 4, maxRows: 12 }}
          maxLength={5000}
          placeholder={t("bulk.example")}
        />
        {!written ? (
          <p className={style.teach}>{t("bulk.type")}</p>
        ) : preview.error && !preview.data ? (
          <Failed trouble={asProblem(preview.error)} onRetry={() => void preview.refetch()} />
        ) : !preview.data ? (
          <Loading rows={4} />
        ) : (
          <Outlook preview={preview.data} onDrop={choice.drop} />
        )}
        {send.error ? <Failed trouble={asProblem(send.error)} /> : null}
        <div className={style.foot}>
          <Button
            type="primary"
            loading={send.isPending}
            disabled={!text.trim() || !preview.data || preview.isPlaceholderData || able === 0}
            onClick={() => send.mutate()}
          >
            {t("bulk.send", { count: able })}
          </Button>
          <span className={style.teach}>
            {preview.data && able === 0 ? t("bulk.nobodyLeft") : t("bulk.withTime", { n: undo })}
          </span>
        </div>
      </div>
    </Sheet>
  );
}

/** Who gets it, who cannot, whom it is too much for, and what waits. */
function Outlook({ preview, onDrop }: { preview: BulkPreview; onDrop: (groups: number[]) => void }) {
  const w = useWords();
  const { t } = w;
  const able = preview.groups.filter((g) => g.can !== "nobody");
  const tired = able.filter((g) => g.tired);
  const sums = {
    machine: able.filter((g) => g.can === "machine").length,
    person: able.filter((g) => g.can === "person").length,
    nobody: preview.groups.length - able.length,
    waits: able.filter((g) => g.waits && g.waits !== "scheduled").length,
    risk: able.filter((g) => g.can === "machine" && !g.official).length,
  };
  return (
    <section className={style.outlook} aria-label={t("bulk.preview")}>
      <h3>{t("bulk.preview")}</h3>
      <p>
        {t("bulk.reach", {
          groups: w.count(able.length),
          n: w.count(able.reduce((sum, g) => sum + g.members, 0)),
        })}
      </p>
      <ul className={style.sums}>
        {(["machine", "person", "nobody", "waits", "risk"] as const)
          .filter((s) => sums[s] > 0)
          .map((s) => (
            <li key={s} className={s === "machine" ? undefined : style.mind}>
              {t(`bulk.sum.${s}`, { count: sums[s] })}
            </li>
          ))}
        {tired.length > 0 ? (
          <li className={style.mind}>
            {t("bulk.sum.tired", { count: tired.length })}{" "}
            <Button size="small" onClick={() => onDrop(tired.map((g) => g.group))}>
              {t("bulk.dropTired", { count: tired.length })}
            </Button>
          </li>
        ) : null}
      </ul>
      <ul className={style.lines}>
        {preview.groups.map((g) => (
          <Line key={g.group} group={g} />
        ))}
      </ul>
    </section>
  );
}

function Line({ group: g }: { group: BulkGroup }) {
  const w = useWords();
  const { t } = w;
  const { zone } = useHere();
  const notes = [
    g.can === "machine" ? "" : t(`bulk.line.${g.can}`),
    g.tired ? t("bulk.line.tired") : "",
    g.can !== "nobody" && g.waits && g.waits !== "scheduled"
      ? waitWords(t, g.waits) + (g.until ? ` · ${t("outboxPage.untilClock", { when: w.when(g.until, zone) })}` : "")
      : "",
  ].filter(Boolean);
  return (
    <li>
      <span className={style.name}>{g.name}</span>
      <span className={style.faint}>
        {g.members > 0 ? t("bulk.line.members", { n: w.count(g.members) }) : t("bulk.line.membersUnknown")}
        {g.touches > 0 ? ` · ${t("bulk.line.touches", { n: g.touches })}` : null}
      </span>
      {notes.length > 0 ? <span className={style.mind}>{notes.join(" · ")}</span> : null}
    </li>
  );
}
