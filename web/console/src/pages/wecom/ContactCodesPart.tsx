import { PlusOutlined } from "@ant-design/icons";
import type { ContactCode } from "@qunying/api/model";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Input, Select } from "antd";
import { useId, useState } from "react";
import { useKeys } from "../../queries/key.ts";
import {
  addContactCode,
  changeContactCode,
  contactCodePicture,
  contactCodes,
  deleteContactCode,
} from "../../queries/wecom.ts";
import { useHere } from "../../shell/useHere.ts";
import { ListPanel } from "../../ui/ListPanel.tsx";
import { Sheet } from "../../ui/Sheet.tsx";
import { useWords } from "../../words/useWords.ts";
import { DeleteSheet } from "./DeleteSheet.tsx";
import { Field, Toggle } from "./Field.tsx";
import { Refused } from "./Refused.tsx";
import { useColleagues } from "./useColleagues.ts";
import style from "./WeCom.module.css";

/** Codes by which people become contacts of employees, and who came by each. */
export function ContactCodesPart({ name }: { name: string }) {
  const { t } = useWords();
  const { community, may } = useHere();
  const list = useQuery(contactCodes(community, name));
  const [open, setOpen] = useState<{ what: "edit" | "delete"; code?: ContactCode }>();
  const close = () => setOpen(undefined);
  const add = may("manage") ? (
    <Button type="primary" icon={<PlusOutlined aria-hidden="true" />} onClick={() => setOpen({ what: "edit" })}>
      {t("wecom.contacts.add")}
    </Button>
  ) : undefined;
  return (
    <ListPanel
      title={t("wecom.contacts.title")}
      note={t("wecom.contacts.note")}
      list={list}
      add={add}
      none={{ title: t("wecom.contacts.none"), teach: t("wecom.contacts.noneTeach") }}
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
  code: ContactCode;
  onOpen: (what: "edit" | "delete") => void;
}

function Card({ name, code: c, onOpen }: CardProps) {
  const w = useWords();
  const { t } = w;
  const { community, may, zone } = useHere();
  const picture = contactCodePicture(community, name, c.id);
  return (
    <article className={style.card} aria-label={c.remark}>
      <img
        className={style.code}
        src={picture}
        alt={t("wecom.contacts.picture", { name: c.remark })}
        width={120}
        height={120}
        loading="lazy"
      />
      <div>
        <p className={style.name}>{c.remark}</p>
        <p className={style.faint}>
          {t("wecom.contacts.made", { at: w.when(c.created_at, zone) })} ·{" "}
          {t("wecom.contacts.state", { state: c.state })}
        </p>
        <p>{t("wecom.contacts.leads", { names: c.employees.join(t("wecom.comma")) })}</p>
        <p className={style.soft}>{t(c.skip_verify ? "wecom.contacts.skips" : "wecom.contacts.asks")}</p>
        <p>{c.people > 0 ? t("wecom.contacts.came", { count: c.people }) : t("wecom.contacts.unused")}</p>
        {c.last_at ? <p className={style.faint}>{t("wecom.contacts.last", { at: w.when(c.last_at, zone) })}</p> : null}
        <div className={style.acts}>
          <a href={picture} download={`${c.remark}.png`}>
            {t("wecom.contacts.download")}
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
  code: ContactCode | undefined;
  onClose: () => void;
}

const mostEmployees = 100; // WeCom's
const longest = 30; // of the remark and of the channel, WeCom's

function EditSheet({ name, code: c, onClose }: SheetProps) {
  const { t } = useWords();
  const { community } = useHere();
  const client = useQueryClient();
  const keys = useKeys();
  const id = useId();
  const [remark, setRemark] = useState(c?.remark ?? "");
  const [employees, setEmployees] = useState(c?.employees ?? []);
  const [skip, setSkip] = useState(c?.skip_verify ?? true);
  const [state, setState] = useState("");
  const [looked, setLooked] = useState(false);
  const colleagues = useColleagues(name);
  const body = {
    remark: remark.trim(),
    employees,
    skip_verify: skip,
    ...(c ? { version: c.version } : {}),
    ...(!c && state.trim() ? { state: state.trim() } : {}),
  };
  const save = useMutation({
    mutationFn: async () => {
      if (c) await changeContactCode(community, name, c.id, body);
      else await addContactCode(community, name, keys.of(body), body);
    },
    onSettled: (_, e) => keys.settle(e),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["wecom"] });
      onClose();
    },
  });
  const some = employees.length > 0 && employees.length <= mostEmployees;
  return (
    <Sheet
      title={c ? t("wecom.contacts.editTitle", { name: c.remark }) : t("wecom.contacts.add")}
      width={520}
      onClose={onClose}
    >
      <div className={style.form}>
        <Field
          id={`${id}-remark`}
          label={t("wecom.contacts.remark")}
          help={t("wecom.contacts.remarkHelp")}
          wrong={looked && !body.remark ? t("wecom.needed") : ""}
        >
          <Input id={`${id}-remark`} value={remark} maxLength={longest} onChange={(e) => setRemark(e.target.value)} />
        </Field>
        <Field
          id={`${id}-who`}
          label={t("wecom.contacts.who")}
          help={t("wecom.contacts.whoHelp")}
          wrong={looked && !some ? t("wecom.contacts.whoHelp") : ""}
        >
          <Select
            id={`${id}-who`}
            mode="tags"
            aria-label={t("wecom.contacts.who")}
            value={employees}
            onChange={(v: string[]) => setEmployees(v.map((e) => e.trim()).filter(Boolean))}
            options={colleagues}
            tokenSeparators={[",", "，", " "]}
          />
        </Field>
        <Toggle
          id={`${id}-skip`}
          label={t("wecom.contacts.skip")}
          help={t("wecom.contacts.skipHelp")}
          on={skip}
          onChange={setSkip}
        />
        {c ? (
          <p className={style.faint}>{t("wecom.contacts.state", { state: c.state })}</p>
        ) : (
          <Field id={`${id}-state`} label={t("wecom.contacts.stateLabel")} help={t("wecom.contacts.stateHelp")}>
            <Input id={`${id}-state`} value={state} maxLength={longest} onChange={(e) => setState(e.target.value)} />
          </Field>
        )}
        {save.error ? <Refused error={save.error} /> : null}
        <div className={style.links}>
          <Button onClick={onClose}>{t("action.cancel")}</Button>
          <Button
            type="primary"
            loading={save.isPending}
            onClick={() => {
              setLooked(true);
              if (body.remark && some) save.mutate();
            }}
          >
            {t("action.save")}
          </Button>
        </div>
      </div>
    </Sheet>
  );
}

function Remove({ name, code: c, onClose }: { name: string; code: ContactCode; onClose: () => void }) {
  const { t } = useWords();
  const { community } = useHere();
  return (
    <DeleteSheet
      title={t("wecom.contacts.deleteTitle", { name: c.remark })}
      teach={t("wecom.contacts.deleteTeach")}
      remove={() => deleteContactCode(community, name, c.id, c.version)}
      onClose={onClose}
    />
  );
}
