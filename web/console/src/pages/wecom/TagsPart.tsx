import type { CorpCustomer, CorpTagGroup } from "@qunying/api/model";
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { AutoComplete, Button, Input, Select } from "antd";
import { useId, useState } from "react";
import { addCorpTags, corpTags, customers, deleteCorpTags, markCustomer, renameCorpTag } from "../../queries/wecom.ts";
import { useHere } from "../../shell/useHere.ts";
import { Panel } from "../../ui/Panel.tsx";
import { Sheet } from "../../ui/Sheet.tsx";
import { Empty, Loading } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import { DeleteSheet } from "./DeleteSheet.tsx";
import { Field } from "./Field.tsx";
import { Refused } from "./Refused.tsx";
import { useColleagues } from "./useColleagues.ts";
import style from "./WeCom.module.css";

interface Thing {
  id: string;
  name: string;
  group: boolean;
}

/** Tags that colleagues put on their customers. */
export function TagsPart({ name }: { name: string }) {
  const { t } = useWords();
  const { community, may } = useHere();
  const { data, error, refetch } = useQuery(corpTags(community, name));
  const [open, setOpen] = useState<{ what: "rename" | "delete"; thing: Thing }>();
  const close = () => setOpen(undefined);
  return (
    <div className={style.parts}>
      <Panel title={t("wecom.tags.title")} note={t("wecom.tags.note")}>
        {error && !data ? (
          <Refused error={error} onRetry={() => void refetch()} />
        ) : !data ? (
          <Loading rows={4} />
        ) : (
          <>
            {data.length === 0 ? <Empty title={t("wecom.tags.none")}>{t("wecom.tags.noneTeach")}</Empty> : null}
            <ul className={style.list}>
              {data.map((g) => (
                <li key={g.id} className={style.line}>
                  <TagGroup group={g} onOpen={(what, thing) => setOpen({ what, thing })} />
                </li>
              ))}
            </ul>
            {may("manage") ? <AddTags name={name} groups={data} /> : null}
          </>
        )}
      </Panel>
      {may("act") && data ? <Customers name={name} groups={data} /> : null}
      {open?.what === "rename" ? <Rename name={name} thing={open.thing} onClose={close} /> : null}
      {open?.what === "delete" ? (
        <DeleteSheet
          title={t("wecom.tags.deleteTitle", { name: open.thing.name })}
          teach={t(open.thing.group ? "wecom.tags.deleteGroupTeach" : "wecom.tags.deleteTeach")}
          remove={() =>
            deleteCorpTags(community, name, open.thing.group ? { groups: [open.thing.id] } : { tags: [open.thing.id] })
          }
          onClose={close}
        />
      ) : null}
    </div>
  );
}

function TagGroup({
  group: g,
  onOpen,
}: {
  group: CorpTagGroup;
  onOpen: (what: "rename" | "delete", t: Thing) => void;
}) {
  const { t } = useWords();
  const { may } = useHere();
  const acts = (thing: Thing) =>
    may("manage") ? (
      <>
        <Button
          size="small"
          aria-label={t("wecom.tags.rename", { name: thing.name })}
          onClick={() => onOpen("rename", thing)}
        >
          {t("wecom.rename")}
        </Button>
        <Button
          size="small"
          danger
          aria-label={t("wecom.tags.deleteTitle", { name: thing.name })}
          onClick={() => onOpen("delete", thing)}
        >
          {t("wecom.delete")}
        </Button>
      </>
    ) : null;
  const [shown, setShown] = useState<string>();
  const tag = g.tags.find((x) => x.id === shown);
  return (
    <>
      <div className={style.words}>
        <p className={style.name}>{g.name}</p>
        <ul className={style.chips}>
          {g.tags.map((x) => (
            <li key={x.id}>
              <button
                type="button"
                className={`plain ${style.chip}`}
                aria-pressed={x.id === shown}
                onClick={() => setShown(x.id === shown ? undefined : x.id)}
              >
                {x.name}
              </button>
            </li>
          ))}
        </ul>
        {tag ? (
          <p className={style.choice}>
            {tag.name} {acts({ id: tag.id, name: tag.name, group: false })}
          </p>
        ) : null}
      </div>
      <div className={style.acts}>{acts({ id: g.id, name: g.name, group: true })}</div>
    </>
  );
}

const mostName = 30;

function AddTags({ name, groups }: { name: string; groups: CorpTagGroup[] }) {
  const { t } = useWords();
  const { community } = useHere();
  const client = useQueryClient();
  const id = useId();
  const [group, setGroup] = useState("");
  const [tags, setTags] = useState<string[]>([]);
  const add = useMutation({
    mutationFn: () => addCorpTags(community, name, { group: group.trim(), tags }),
    onSuccess: async () => {
      setTags([]);
      await client.invalidateQueries({ queryKey: ["wecom"] });
    },
  });
  const fine =
    group.trim() !== "" && group.length <= mostName && tags.length > 0 && tags.every((x) => x.length <= mostName);
  return (
    <div className={`${style.form} ${style.narrow} ${style.apart}`}>
      <Field id={`${id}-group`} label={t("wecom.tags.group")} help={t("wecom.tags.groupHelp")}>
        <AutoComplete
          id={`${id}-group`}
          value={group}
          onChange={setGroup}
          options={groups.map((g) => ({ value: g.name }))}
        />
      </Field>
      <Field
        id={`${id}-tags`}
        label={t("wecom.tags.names")}
        help={t("wecom.tags.namesHelp")}
        wrong={tags.some((x) => x.length > mostName) ? t("wecom.tags.namesHelp") : ""}
      >
        <Select
          id={`${id}-tags`}
          mode="tags"
          aria-label={t("wecom.tags.names")}
          value={tags}
          onChange={setTags}
          open={false}
          suffixIcon={null}
          tokenSeparators={[",", "，", "\n"]}
        />
      </Field>
      {add.error ? <Refused error={add.error} /> : null}
      <div className={style.links}>
        <Button disabled={!fine} loading={add.isPending} onClick={() => add.mutate()}>
          {t("wecom.tags.add")}
        </Button>
      </div>
    </div>
  );
}

function Rename({ name, thing, onClose }: { name: string; thing: Thing; onClose: () => void }) {
  const { t } = useWords();
  const { community } = useHere();
  const client = useQueryClient();
  const id = useId();
  const [to, setTo] = useState(thing.name);
  const save = useMutation({
    mutationFn: () => renameCorpTag(community, name, thing.id, to.trim()),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["wecom"] });
      onClose();
    },
  });
  return (
    <Sheet title={t("wecom.tags.rename", { name: thing.name })} width={440} onClose={onClose}>
      <div className={style.form}>
        <Field id={`${id}-to`} label={t("wecom.tags.newName")} help={t("wecom.tags.renameTeach")}>
          <Input id={`${id}-to`} value={to} maxLength={mostName} onChange={(e) => setTo(e.target.value)} />
        </Field>
        {save.error ? <Refused error={save.error} /> : null}
        <div className={style.links}>
          <Button onClick={onClose}>{t("action.cancel")}</Button>
          <Button type="primary" disabled={!to.trim()} loading={save.isPending} onClick={() => save.mutate()}>
            {t("action.save")}
          </Button>
        </div>
      </div>
    </Sheet>
  );
}

function Customers({ name, groups }: { name: string; groups: CorpTagGroup[] }) {
  const { t } = useWords();
  const { community } = useHere();
  const id = useId();
  const [typed, setTyped] = useState("");
  const [colleague, setColleague] = useState("");
  const colleagues = useColleagues(name);
  const { data, error, isFetching, hasNextPage, fetchNextPage, refetch } = useInfiniteQuery(
    customers(community, name, colleague),
  );
  const list = data?.pages.flatMap((p) => p.customers);
  return (
    <Panel title={t("wecom.customers.title")} note={t("wecom.customers.note")}>
      <div className={`${style.form} ${style.narrow}`}>
        <Field id={`${id}-who`} label={t("wecom.colleague")} help={t("wecom.colleagueHelp")}>
          <AutoComplete
            id={`${id}-who`}
            value={typed}
            options={colleagues.filter((o) => o.value.includes(typed))}
            onChange={setTyped}
            onSelect={(v: string) => setColleague(v)}
          />
        </Field>
        <div className={style.links}>
          <Button disabled={!typed.trim()} onClick={() => setColleague(typed.trim())}>
            {t("wecom.customers.show")}
          </Button>
        </div>
      </div>
      {colleague === "" ? null : error && !list ? (
        <Refused error={error} onRetry={() => void refetch()} />
      ) : !list ? (
        <Loading rows={3} />
      ) : list.length === 0 ? (
        <Empty title={t("wecom.customers.none", { who: colleague })} />
      ) : (
        <ul className={style.list}>
          {list.map((c) => (
            <li key={c.id} className={style.line}>
              <Mark name={name} colleague={colleague} customer={c} groups={groups} />
            </li>
          ))}
        </ul>
      )}
      {hasNextPage ? (
        <Button loading={isFetching} onClick={() => void fetchNextPage()}>
          {t("wecom.customers.more")}
        </Button>
      ) : null}
    </Panel>
  );
}

interface MarkProps {
  name: string;
  colleague: string;
  customer: CorpCustomer;
  groups: CorpTagGroup[];
}

function Mark({ name, colleague, customer: c, groups }: MarkProps) {
  const { t } = useWords();
  const { community } = useHere();
  const client = useQueryClient();
  const [chosen, setChosen] = useState(c.tags.map((x) => x.id));
  const mark = useMutation({
    mutationFn: (to: string[]) =>
      markCustomer(community, name, {
        colleague,
        customer: c.id,
        add: to.filter((x) => !chosen.includes(x)),
        remove: chosen.filter((x) => !to.includes(x)),
      }),
    onSuccess: (_, to) => {
      setChosen(to);
      void client.invalidateQueries({ queryKey: ["wecom", community, name, "customers"] });
    },
  });
  return (
    <>
      <div className={style.words}>
        <p className={style.name}>{c.remark || c.name || c.id}</p>
        {c.remark && c.name ? <p className={style.faint}>{c.name}</p> : null}
        {mark.error ? <Refused error={mark.error} /> : null}
      </div>
      <div className={style.words}>
        <Select
          mode="multiple"
          style={{ width: "100%" }}
          aria-label={t("wecom.customers.tags", { name: c.name || c.id })}
          placeholder={t("wecom.customers.untagged")}
          value={mark.isPending ? mark.variables : chosen}
          disabled={mark.isPending}
          onChange={(to: string[]) => mark.mutate(to)}
          showSearch={{ optionFilterProp: "label" }}
          options={groups.map((g) => ({
            label: g.name,
            options: g.tags.map((x) => ({ value: x.id, label: x.name })),
          }))}
        />
      </div>
    </>
  );
}
