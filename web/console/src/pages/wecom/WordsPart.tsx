import type { WordExport, WordRule } from "@qunying/api/model";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Input, Select } from "antd";
import { useId, useState } from "react";
import { useKeys } from "../../queries/key.ts";
import { lexicon, lexicons } from "../../queries/moderation.ts";
import { addWordRule, changeWordRule, deleteWordRule, exportWords, wordRule, wordRules } from "../../queries/wecom.ts";
import { useHere } from "../../shell/useHere.ts";
import { CopyButton } from "../../ui/CopyButton.tsx";
import { ListPanel } from "../../ui/ListPanel.tsx";
import { Panel } from "../../ui/Panel.tsx";
import { Sheet } from "../../ui/Sheet.tsx";
import { Loading } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import { DeleteSheet } from "./DeleteSheet.tsx";
import { Field, Toggle } from "./Field.tsx";
import { plainWords } from "./plain.ts";
import { Refused } from "./Refused.tsx";
import { useColleagues } from "./useColleagues.ts";
import style from "./WeCom.module.css";

type Draft = Omit<WordRule, "id">;

const emptyRule: Draft = {
  name: "",
  words: [],
  phones: false,
  mails: false,
  red_packets: false,
  warn_only: false,
  colleagues: [],
  departments: [],
};

/** Words: a lexicon for WeCom's own moderation, and rules for what colleagues write. */
export function WordsPart({ name }: { name: string }) {
  const [draft, setDraft] = useState<Draft>();
  return (
    <div className={style.parts}>
      <Lexicon name={name} onRule={setDraft} />
      <Rules name={name} />
      {draft ? <RuleSheet name={name} rule={draft} onClose={() => setDraft(undefined)} /> : null}
    </div>
  );
}

const split = (text: string) =>
  text
    .split(/[\n,，、;；]/)
    .map((w) => w.trim())
    .filter(Boolean);

function Lexicon({ name, onRule }: { name: string; onRule: (r: Draft) => void }) {
  const { t } = useWords();
  const { community, may } = useHere();
  const client = useQueryClient();
  const id = useId();
  const [title, setTitle] = useState("");
  const [text, setText] = useState("");
  const { data: own } = useQuery({ ...lexicons(community, {}), enabled: may("moderation.view") });
  const take = useMutation({
    mutationFn: async (chosen: string) => {
      const l = await client.fetchQuery({ ...lexicon(community, chosen, {}), staleTime: 0 });
      const { words, left } = plainWords(l.text ?? "");
      setTitle(l.name.slice(0, 20));
      setText(words.join("\n"));
      return left;
    },
  });
  const choices = own?.filter((l) => !l.starter).map((l) => ({ value: l.id, label: l.name })) ?? [];
  const go = useMutation({
    mutationFn: () => exportWords(community, name, title.trim() || t("wecom.words.unnamed"), split(text)),
  });
  return (
    <Panel title={t("wecom.words.title")} note={t("wecom.words.note")}>
      <div className={`${style.form} ${style.narrow}`}>
        <ol className={style.note}>
          <li>1. {t("wecom.words.step1")}</li>
          <li>2. {t("wecom.words.step2")}</li>
          <li>3. {t("wecom.words.step3")}</li>
        </ol>
        {choices.length > 0 ? (
          <Field id={`${id}-own`} label={t("wecom.words.own")}>
            <Select
              id={`${id}-own`}
              loading={take.isPending}
              options={choices}
              onChange={(l: string) => take.mutate(l)}
            />
          </Field>
        ) : null}
        {take.error ? <Refused error={take.error} /> : null}
        {take.data ? (
          <p className={style.watch} role="status">
            {t("wecom.words.notPlain", { count: take.data })}
          </p>
        ) : null}
        <Field id={`${id}-title`} label={t("wecom.words.name")}>
          <Input id={`${id}-title`} value={title} maxLength={20} onChange={(e) => setTitle(e.target.value)} />
        </Field>
        <Field id={`${id}-text`} label={t("wecom.words.lexicon")} help={t("wecom.words.lexiconHelp")}>
          <Input.TextArea
            id={`${id}-text`}
            value={text}
            autoSize={{ minRows: 4, maxRows: 12 }}
            onChange={(e) => setText(e.target.value)}
          />
        </Field>
        {go.error ? <Refused error={go.error} /> : null}
        <div className={style.links}>
          <Button type="primary" disabled={split(text).length === 0} loading={go.isPending} onClick={() => go.mutate()}>
            {t("wecom.words.export")}
          </Button>
        </div>
      </div>
      {go.data ? <Export made={go.data} onRule={onRule} /> : null}
    </Panel>
  );
}

function Export({ made, onRule }: { made: WordExport; onRule: (r: Draft) => void }) {
  const w = useWords();
  const { t } = w;
  const { may } = useHere();
  return (
    <section aria-label={t("wecom.words.made")}>
      {made.left.length > 0 ? (
        <p className={style.watch} role="status">
          {t("wecom.words.left", { count: made.left.length, words: made.left.slice(0, 5).join(t("wecom.comma")) })}
        </p>
      ) : null}
      <ol className={style.list}>
        {made.paste.map((p, i) => (
          <li key={i} className={style.line}>
            <div className={style.words}>
              <p className={style.name}>{t("wecom.words.part", { i: i + 1, count: p.split("\n").length })}</p>
              {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by the keyboard */}
              <pre className={style.paste} tabIndex={0}>
                {p}
              </pre>
            </div>
            <div className={style.acts}>
              <CopyButton text={p} label={t("wecom.words.copy")} primary />
              {may("manage") && made.rules[i] ? (
                <Button onClick={() => onRule({ ...emptyRule, ...made.rules[i] })}>{t("wecom.words.asRule")}</Button>
              ) : null}
            </div>
          </li>
        ))}
      </ol>
    </section>
  );
}

function Rules({ name }: { name: string }) {
  const { t } = useWords();
  const { community, may } = useHere();
  const list = useQuery(wordRules(community, name));
  const [open, setOpen] = useState<{ what: "edit" | "delete" | "new"; rule?: WordRule }>();
  const close = () => setOpen(undefined);
  const add = may("manage") ? (
    <Button onClick={() => setOpen({ what: "new" })}>{t("wecom.rules.add")}</Button>
  ) : undefined;
  return (
    <ListPanel
      title={t("wecom.rules.title")}
      note={t("wecom.rules.note")}
      list={list}
      add={add}
      none={{ title: t("wecom.rules.none"), teach: t("wecom.rules.noneTeach") }}
      refused={Refused}
      sheets={
        <>
          {open?.what === "new" ? <RuleSheet name={name} rule={emptyRule} onClose={close} /> : null}
          {open?.what === "edit" && open.rule ? <EditRule name={name} id={open.rule.id} onClose={close} /> : null}
          {open?.what === "delete" && open.rule ? (
            <DeleteSheet
              title={t("wecom.rules.deleteTitle", { name: open.rule.name })}
              teach={t("wecom.rules.deleteTeach")}
              remove={() => deleteWordRule(community, name, open.rule?.id ?? "")}
              onClose={close}
            />
          ) : null}
        </>
      }
    >
      {(all) => (
        <ul className={style.list}>
          {all.map((r) => (
            <li key={r.id} className={style.line}>
              <p className={`${style.words} ${style.name}`}>{r.name}</p>
              {may("manage") ? (
                <div className={style.acts}>
                  <Button size="small" onClick={() => setOpen({ what: "edit", rule: r })}>
                    {t("wecom.edit")}
                  </Button>
                  <Button size="small" danger onClick={() => setOpen({ what: "delete", rule: r })}>
                    {t("wecom.delete")}
                  </Button>
                </div>
              ) : null}
            </li>
          ))}
        </ul>
      )}
    </ListPanel>
  );
}

function EditRule({ name, id, onClose }: { name: string; id: string; onClose: () => void }) {
  const { t } = useWords();
  const { community } = useHere();
  const { data, error } = useQuery({ ...wordRule(community, name, id), staleTime: 0 });
  if (data) return <RuleSheet name={name} id={id} rule={data} onClose={onClose} />;
  return (
    <Sheet title={t("wecom.rules.add")} width={520} onClose={onClose}>
      {error ? <Refused error={error} /> : <Loading rows={5} />}
    </Sheet>
  );
}

interface RuleProps {
  name: string;
  /** Absent: a new one. */
  id?: string;
  rule: Draft;
  onClose: () => void;
}

const mostWords = 300;
const mostWord = 32;

function RuleSheet({ name, id, rule, onClose }: RuleProps) {
  const { t } = useWords();
  const { community } = useHere();
  const client = useQueryClient();
  const keys = useKeys();
  const field = useId();
  const [draft, setDraft] = useState(rule);
  const [text, setText] = useState(rule.words.join("\n"));
  const [looked, setLooked] = useState(false);
  const colleagues = useColleagues(name);
  const words = split(text);
  const body = {
    name: draft.name.trim(),
    words,
    phones: draft.phones,
    mails: draft.mails,
    red_packets: draft.red_packets,
    warn_only: draft.warn_only,
    colleagues: draft.colleagues,
    departments: draft.departments,
  };
  const save = useMutation({
    mutationFn: async () => {
      if (id) await changeWordRule(community, name, id, body);
      else await addWordRule(community, name, keys.of(body), body);
    },
    onSettled: (_, e) => keys.settle(e),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["wecom"] });
      onClose();
    },
  });
  const set = (part: Partial<Draft>) => setDraft({ ...draft, ...part });
  const named = body.name.length > 0 && body.name.length <= 20;
  const fits = words.length <= mostWords && words.every((x) => [...x].length <= mostWord);
  const anybody = body.colleagues.length > 0 || body.departments.length > 0;
  const catches = words.length > 0 || body.phones || body.mails || body.red_packets;
  return (
    <Sheet
      title={id ? t("wecom.rules.editTitle", { name: rule.name }) : t("wecom.rules.add")}
      width={520}
      onClose={onClose}
    >
      <div className={style.form}>
        <Field id={`${field}-name`} label={t("wecom.rules.name")} wrong={looked && !named ? t("wecom.needed") : ""}>
          <Input
            id={`${field}-name`}
            value={draft.name}
            maxLength={20}
            onChange={(e) => set({ name: e.target.value })}
          />
        </Field>
        <Field
          id={`${field}-words`}
          label={t("wecom.rules.words")}
          help={t("wecom.rules.wordsHelp", { n: words.length })}
          wrong={(looked && !catches) || !fits ? t("wecom.rules.wordsHelp", { n: words.length }) : ""}
        >
          <Input.TextArea
            id={`${field}-words`}
            value={text}
            autoSize={{ minRows: 4, maxRows: 12 }}
            onChange={(e) => setText(e.target.value)}
          />
        </Field>
        <Toggle
          id={`${field}-phones`}
          label={t("wecom.rules.phones")}
          on={draft.phones}
          onChange={(phones) => set({ phones })}
        />
        <Toggle
          id={`${field}-mails`}
          label={t("wecom.rules.mails")}
          on={draft.mails}
          onChange={(mails) => set({ mails })}
        />
        <Toggle
          id={`${field}-packets`}
          label={t("wecom.rules.redPackets")}
          on={draft.red_packets}
          onChange={(red_packets) => set({ red_packets })}
        />
        <Toggle
          id={`${field}-warn`}
          label={t("wecom.rules.warnOnly")}
          help={t("wecom.rules.warnOnlyHelp")}
          on={draft.warn_only}
          onChange={(warn_only) => set({ warn_only })}
        />
        <Field
          id={`${field}-who`}
          label={t("wecom.rules.who")}
          help={t("wecom.rules.whoHelp")}
          wrong={looked && !anybody ? t("wecom.rules.whoHelp") : ""}
        >
          <Select
            id={`${field}-who`}
            mode="tags"
            aria-label={t("wecom.rules.who")}
            value={draft.colleagues}
            onChange={(v: string[]) => set({ colleagues: v })}
            options={colleagues}
            tokenSeparators={[",", "，", " "]}
          />
        </Field>
        {save.error ? <Refused error={save.error} /> : null}
        <div className={style.links}>
          <Button onClick={onClose}>{t("action.cancel")}</Button>
          <Button
            type="primary"
            loading={save.isPending}
            onClick={() => {
              setLooked(true);
              if (named && fits && anybody && catches) save.mutate();
            }}
          >
            {t("action.save")}
          </Button>
        </div>
      </div>
    </Sheet>
  );
}
