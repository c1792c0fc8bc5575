import { ArrowDownOutlined, ArrowUpOutlined, DeleteOutlined, PlusOutlined } from "@ant-design/icons";
import type { Menu } from "@qunying/api/model";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Input, Select } from "antd";
import { useId, useState } from "react";
import { menu, saveMenu } from "../../queries/following.ts";
import { useHere } from "../../shell/useHere.ts";
import { Panel } from "../../ui/Panel.tsx";
import { Empty, Loading } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import { Field } from "../wecom/Field.tsx";
import style from "../wecom/WeCom.module.css";
import {
  buttonsOf,
  type Does,
  type Entry,
  entriesOf,
  fine,
  fresh,
  mostBelow,
  mostEntries,
  wrongWith,
} from "./draft.ts";
import own from "./Following.module.css";
import { Refused } from "./Refused.tsx";

/** The account's menu, as people see it below what they write. */
export function MenuPart({ name }: { name: string }) {
  const { t } = useWords();
  const { community } = useHere();
  const { data, error, refetch } = useQuery({ ...menu(community, name), refetchOnWindowFocus: false });
  return (
    <Panel title={t("following.menu.title")} note={t("following.menu.note")}>
      {error && !data ? (
        <Refused error={error} onRetry={() => void refetch()} />
      ) : data ? (
        <Form key={data.mark} name={name} menu={data} />
      ) : (
        <Loading rows={5} />
      )}
    </Panel>
  );
}

function Form({ name, menu: was }: { name: string; menu: Menu }) {
  const { t } = useWords();
  const { community, may } = useHere();
  const client = useQueryClient();
  const [entries, setEntries] = useState(() => entriesOf(was.buttons));
  const [looked, setLooked] = useState(false);
  const buttons = buttonsOf(entries);
  const changed = JSON.stringify(buttons) !== JSON.stringify(buttonsOf(entriesOf(was.buttons)));
  const save = useMutation({
    mutationFn: () => saveMenu(community, name, buttons, was.mark),
    onSuccess: () => client.invalidateQueries({ queryKey: ["following"] }),
  });
  const manage = may("manage");
  if (entries.length === 0 && was.buttons.length === 0 && !manage) {
    return <Empty title={t("following.menu.none")}>{t("following.menu.noneTeach")}</Empty>;
  }
  return (
    <div className={style.form}>
      {entries.length === 0 ? <p className={style.soft}>{t("following.menu.noneTeach")}</p> : null}
      <Entries level="top" list={entries} most={mostEntries} looked={looked} locked={!manage} onChange={setEntries} />
      {save.error ? <Refused error={save.error} /> : null}
      {manage ? (
        <div className={style.links}>
          <Button
            type="primary"
            disabled={!changed}
            loading={save.isPending}
            onClick={() => {
              setLooked(true);
              if (fine(entries)) save.mutate();
            }}
          >
            {t(entries.length === 0 && was.buttons.length > 0 ? "following.menu.remove" : "following.menu.publish")}
          </Button>
          <Button disabled={!changed} onClick={() => setEntries(entriesOf(was.buttons))}>
            {t("following.menu.undo")}
          </Button>
          <p role="status" className={style.faint}>
            {t(changed ? "following.menu.unsaved" : "following.menu.asThere")}
          </p>
        </div>
      ) : null}
    </div>
  );
}

interface EntriesProps {
  level: "top" | "below";
  list: Entry[];
  most: number;
  looked: boolean;
  locked: boolean;
  onChange: (list: Entry[]) => void;
}

function Entries({ level, list, most, looked, locked, onChange }: EntriesProps) {
  const { t } = useWords();
  const put = (at: number, e: Entry) => onChange(list.map((x, i) => (i === at ? e : x)));
  const swap = (at: number, by: number) => {
    const next = [...list];
    const [moved] = next.splice(at, 1);
    if (moved) next.splice(at + by, 0, moved);
    onChange(next);
  };
  return (
    <>
      {list.map((e, i) => (
        <section key={e.id} className={own.entry} aria-label={e.name || t("following.menu.nameless")}>
          <div className={own.head}>
            <span className={style.name}>
              {t(level === "top" ? "following.menu.entry" : "following.menu.sub", { n: String(i + 1) })}
            </span>
            {locked ? null : (
              <span className={style.acts}>
                <Button
                  size="small"
                  icon={<ArrowUpOutlined />}
                  aria-label={t("following.menu.up")}
                  disabled={i === 0}
                  onClick={() => swap(i, -1)}
                />
                <Button
                  size="small"
                  icon={<ArrowDownOutlined />}
                  aria-label={t("following.menu.down")}
                  disabled={i === list.length - 1}
                  onClick={() => swap(i, 1)}
                />
                <Button
                  size="small"
                  danger
                  icon={<DeleteOutlined />}
                  aria-label={t("following.menu.drop")}
                  onClick={() => onChange(list.filter((x) => x.id !== e.id))}
                />
              </span>
            )}
          </div>
          <Fields level={level} entry={e} looked={looked} locked={locked} onChange={(to) => put(i, to)} />
          {e.does === "opens" ? (
            <div className={own.below}>
              <Entries
                level="below"
                list={e.below}
                most={mostBelow}
                looked={looked}
                locked={locked}
                onChange={(below) => put(i, { ...e, below })}
              />
            </div>
          ) : null}
        </section>
      ))}
      {locked || list.length >= most ? null : (
        <div>
          <Button icon={<PlusOutlined aria-hidden="true" />} onClick={() => onChange([...list, fresh()])}>
            {t(level === "top" ? "following.menu.add" : "following.menu.addSub")}
          </Button>
        </div>
      )}
    </>
  );
}

interface FieldsProps {
  level: "top" | "below";
  entry: Entry;
  looked: boolean;
  locked: boolean;
  onChange: (e: Entry) => void;
}

function Fields({ level, entry: e, looked, locked, onChange }: FieldsProps) {
  const { t } = useWords();
  const id = useId();
  const wrong = looked ? wrongWith(e, level) : undefined;
  const does: Does[] = ["page", "program"];
  if (level === "top") does.push("opens");
  if (e.kept && !["view", "miniprogram", undefined].includes(e.kept.type)) does.push("other");
  return (
    <div className={own.fields}>
      <Field
        id={`${id}-name`}
        label={t("following.menu.name")}
        help={t(level === "top" ? "following.menu.nameHelp" : "following.menu.subHelp")}
        wrong={wrong === "name" ? t("following.needed") : wrong === "long" ? t("following.menu.long") : ""}
      >
        <Input
          id={`${id}-name`}
          value={e.name}
          maxLength={20}
          disabled={locked}
          onChange={(x) => onChange({ ...e, name: x.target.value })}
        />
      </Field>
      <Field
        id={`${id}-does`}
        label={t("following.menu.does")}
        help={e.does === "other" ? t("following.menu.otherHelp", { type: e.kept?.type ?? "" }) : ""}
        wrong={wrong === "empty" ? t("following.menu.empty") : ""}
      >
        <Select
          id={`${id}-does`}
          aria-label={t("following.menu.does")}
          value={e.does}
          disabled={locked}
          onChange={(to: Does) => onChange({ ...e, does: to })}
          options={does.map((d) => ({ value: d, label: t(`following.menu.do.${d}`) }))}
        />
      </Field>
      {e.does === "program" ? (
        <>
          <Field
            id={`${id}-appid`}
            label={t("following.menu.appid")}
            wrong={wrong === "program" ? t("following.menu.programHelp") : ""}
          >
            <Input
              id={`${id}-appid`}
              value={e.appid}
              maxLength={64}
              disabled={locked}
              onChange={(x) => onChange({ ...e, appid: x.target.value })}
            />
          </Field>
          <Field id={`${id}-path`} label={t("following.menu.path")}>
            <Input
              id={`${id}-path`}
              value={e.path}
              maxLength={1024}
              disabled={locked}
              onChange={(x) => onChange({ ...e, path: x.target.value })}
            />
          </Field>
        </>
      ) : null}
      {e.does === "page" || e.does === "program" ? (
        <Field
          id={`${id}-url`}
          label={t(e.does === "page" ? "following.menu.url" : "following.menu.fallback")}
          wrong={wrong === "url" ? t("following.menu.urlHelp") : ""}
        >
          <Input
            id={`${id}-url`}
            value={e.url}
            maxLength={1024}
            disabled={locked}
            onChange={(x) => onChange({ ...e, url: x.target.value })}
          />
        </Field>
      ) : null}
    </div>
  );
}
