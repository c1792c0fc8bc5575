import { PlusOutlined } from "@ant-design/icons";
import type { JoinCode } from "@qunying/api/model";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Input, InputNumber, Select } from "antd";
import { useId, useState } from "react";
import { useKeys } from "../../queries/key.ts";
import {
  addJoinCode,
  changeJoinCode,
  deleteJoinCode,
  joinCode,
  joinCodePicture,
  joinCodes,
  ownedGroups,
} from "../../queries/wecom.ts";
import { useHere } from "../../shell/useHere.ts";
import { ListPanel } from "../../ui/ListPanel.tsx";
import { Sheet } from "../../ui/Sheet.tsx";
import { Loading } from "../../ui/states.tsx";
import { useWords } from "../../words/useWords.ts";
import { DeleteSheet } from "./DeleteSheet.tsx";
import { Field, Toggle } from "./Field.tsx";
import { Refused } from "./Refused.tsx";
import style from "./WeCom.module.css";

/** Codes by which people join groups. */
export function CodesPart({ name }: { name: string }) {
  const { t } = useWords();
  const { community, may } = useHere();
  const list = useQuery(joinCodes(community, name));
  const [open, setOpen] = useState<{ what: "edit" | "delete"; code?: JoinCode }>();
  const close = () => setOpen(undefined);
  const add = may("manage") ? (
    <Button type="primary" icon={<PlusOutlined aria-hidden="true" />} onClick={() => setOpen({ what: "edit" })}>
      {t("wecom.codes.add")}
    </Button>
  ) : undefined;
  return (
    <ListPanel
      title={t("wecom.codes.title")}
      note={t("wecom.codes.note")}
      list={list}
      add={add}
      none={{ title: t("wecom.codes.none"), teach: t("wecom.codes.noneTeach") }}
      refused={Refused}
      sheets={
        <>
          {open?.what === "edit" ? <EditSheet name={name} code={open.code} onClose={close} /> : null}
          {open?.what === "delete" && open.code ? <Remove name={name} code={open.code} onClose={close} /> : null}
        </>
      }
    >
      {(all) => (
        <ul className={style.cards}>
          {all.map((c) => (
            <li key={c.id}>
              <Card name={name} code={c} onOpen={(what) => setOpen({ what, code: c })} />
            </li>
          ))}
        </ul>
      )}
    </ListPanel>
  );
}

interface CardProps {
  name: string;
  code: JoinCode;
  onOpen: (what: "edit" | "delete") => void;
}

function Card({ name, code: c, onOpen }: CardProps) {
  const w = useWords();
  const { t } = w;
  const { community, may, zone } = useHere();
  const { data, error, refetch } = useQuery(joinCode(community, name, c.id));
  const picture = joinCodePicture(community, name, c.id);
  const title = c.remark || c.state;
  return (
    <article className={style.card} aria-label={title}>
      <img className={style.code} src={picture} alt={t("wecom.codes.picture", { name: title })} loading="lazy" />
      <div>
        <p className={style.name}>{title}</p>
        <p className={style.faint}>
          {t("wecom.codes.made", { at: w.when(c.created_at, zone) })} · {t("wecom.codes.state", { state: c.state })}
        </p>
        {error && !data ? (
          <Refused error={error} onRetry={() => void refetch()} />
        ) : !data ? (
          <Loading rows={2} />
        ) : (
          <ol>
            {data.rooms.map((r, i) => (
              <li key={r.group} className={r.gone ? style.alert : undefined}>
                {i + 1}. {r.gone ? t("wecom.codes.gone", { name: r.name || r.group }) : r.name || r.group}
                {r.gone ? null : (
                  <span className={style.faint}>
                    {" "}
                    {t("wecom.codes.room", { count: r.members, by: w.exact(r.by_code) })}
                  </span>
                )}
              </li>
            ))}
          </ol>
        )}
        <p className={style.soft}>
          {data?.found
            ? t("wecom.codes.rolls", { name: `${data.name || ""}${data.from || ""}` })
            : t("wecom.codes.ends")}
        </p>
        <div className={style.acts}>
          <a href={picture} download={`${title}.png`}>
            {t("wecom.codes.download")}
          </a>
          {may("manage") ? (
            <>
              <Button size="small" onClick={() => onOpen("edit")}>
                {t("wecom.edit")}
              </Button>
              <Button size="small" danger onClick={() => onOpen("delete")}>
                {t("wecom.delete")}
              </Button>
            </>
          ) : null}
        </div>
      </div>
    </article>
  );
}

interface SheetProps {
  name: string;
  code: JoinCode | undefined;
  onClose: () => void;
}

const mostGroups = 5; // WeCom's

function EditSheet({ name, code: c, onClose }: SheetProps) {
  const { t } = useWords();
  const { community } = useHere();
  const client = useQueryClient();
  const keys = useKeys();
  const id = useId();
  const [remark, setRemark] = useState(c?.remark ?? "");
  const [chosen, setChosen] = useState(c?.groups ?? []);
  const [found, setFound] = useState(c?.found ?? true);
  const [base, setBase] = useState(c?.name ?? "");
  const [from, setFrom] = useState(c?.from ?? 1);
  const [looked, setLooked] = useState(false);
  const groups = useQuery(ownedGroups(community, name));
  const body = {
    remark: remark.trim(),
    groups: chosen,
    found,
    ...(found ? { name: base.trim(), from } : {}),
    ...(c ? { version: c.version } : {}),
  };
  const save = useMutation({
    mutationFn: async () => {
      if (c) await changeJoinCode(community, name, c.id, body);
      else await addJoinCode(community, name, keys.of(body), body);
    },
    onSettled: (_, e) => keys.settle(e),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["wecom"] });
      onClose();
    },
  });
  const fine = remark.trim() !== "" && chosen.length > 0 && chosen.length <= mostGroups;
  return (
    <Sheet
      title={c ? t("wecom.codes.editTitle", { name: c.remark }) : t("wecom.codes.add")}
      width={520}
      onClose={onClose}
    >
      <div className={style.form}>
        <Field
          id={`${id}-remark`}
          label={t("wecom.codes.remark")}
          help={t("wecom.codes.remarkHelp")}
          wrong={looked && remark.trim() === "" ? t("wecom.needed") : ""}
        >
          <Input id={`${id}-remark`} value={remark} maxLength={30} onChange={(e) => setRemark(e.target.value)} />
        </Field>
        <Field
          id={`${id}-groups`}
          label={t("wecom.codes.groups")}
          help={t("wecom.codes.groupsHelp")}
          wrong={looked && (chosen.length === 0 || chosen.length > mostGroups) ? t("wecom.codes.groupsHelp") : ""}
        >
          <Select
            id={`${id}-groups`}
            mode="multiple"
            aria-label={t("wecom.codes.groups")}
            value={chosen}
            onChange={setChosen}
            maxCount={mostGroups}
            loading={groups.isLoading}
            showSearch={{ optionFilterProp: "label" }}
            options={[
              ...(groups.data ?? []).map((g) => ({ value: g.group, label: g.name || g.group })),
              ...chosen.filter((x) => !groups.data?.some((g) => g.group === x)).map((x) => ({ value: x, label: x })),
            ]}
          />
        </Field>
        {groups.error ? <Refused error={groups.error} /> : null}
        <Toggle
          id={`${id}-found`}
          label={t("wecom.codes.found")}
          help={t("wecom.codes.foundHelp")}
          on={found}
          onChange={setFound}
        />
        {found ? (
          <>
            <Field id={`${id}-base`} label={t("wecom.codes.base")} help={t("wecom.codes.baseHelp")}>
              <Input id={`${id}-base`} value={base} maxLength={40} onChange={(e) => setBase(e.target.value)} />
            </Field>
            <Field id={`${id}-from`} label={t("wecom.codes.from")}>
              <InputNumber
                id={`${id}-from`}
                min={1}
                max={100_000}
                precision={0}
                value={from}
                onChange={(n) => setFrom(n ?? 1)}
              />
            </Field>
          </>
        ) : null}
        {save.error ? <Refused error={save.error} /> : null}
        <div className={style.links}>
          <Button onClick={onClose}>{t("action.cancel")}</Button>
          <Button
            type="primary"
            loading={save.isPending}
            onClick={() => {
              setLooked(true);
              if (fine) save.mutate();
            }}
          >
            {t("action.save")}
          </Button>
        </div>
      </div>
    </Sheet>
  );
}

function Remove({ name, code: c, onClose }: { name: string; code: JoinCode; onClose: () => void }) {
  const { t } = useWords();
  const { community } = useHere();
  return (
    <DeleteSheet
      title={t("wecom.codes.deleteTitle", { name: c.remark })}
      teach={t("wecom.codes.deleteTeach")}
      remove={() => deleteJoinCode(community, name, c.id, c.version)}
      onClose={onClose}
    />
  );
}
