import type { DeedPick } from "@qunying/api/model";
import { useQuery } from "@tanstack/react-query";
import { AutoComplete, Input, Select } from "antd";
import { wayText } from "../../parts/ways.ts";
import { deeds, narrowings } from "../../queries/explore.ts";
import { tags } from "../../queries/people.ts";
import { contents } from "../../queries.ts";
import { useHere } from "../../shell/useHere.ts";
import { useWords, type Words } from "../../words/useWords.ts";
import style from "./Explore.module.css";

/** What a deed is, in words. */
export function deedText(w: Words, pick: DeedPick): string {
  const name = w.t(`explore.deeds.${pick.kind.replace(".", "_") as "message_posted"}`);
  const content = pick.content ? w.t(`content.${pick.content as "text"}`) : undefined;
  const more = [
    pick.text ? `“${pick.text}”` : undefined,
    content,
    pick.way && wayText(w, pick.way),
    pick.code,
    pick.tag,
  ].filter(Boolean);
  return more.length > 0 ? `${name} (${more.join(", ")})` : name;
}

interface Props {
  pick: DeedPick;
  /** Says which of several it is, for those who do not see it. */
  label: string;
  onChange: (pick: DeedPick) => void;
}

const ways = ["qrcode", "invite", "link", "search", "card", "approve"];

/** Chooses a kind of deed, and by what it is narrowed. */
export function DeedForm({ pick, label, onChange }: Props) {
  const w = useWords();
  const { t } = w;
  const { community } = useHere();
  const { data: known } = useQuery(tags(community));
  const change = (field: "text" | "content" | "way" | "code" | "tag", value: string | undefined) => {
    const { [field]: _, ...rest } = pick;
    onChange(value ? { ...rest, [field]: value } : rest);
  };
  const named = (field: string) => `${label} · ${field}`;
  return (
    <>
      <Select<DeedPick["kind"]>
        className={style.kind}
        aria-label={label}
        value={pick.kind}
        onChange={(kind) => onChange(pick.after ? { kind, after: pick.after } : { kind })}
        options={deeds.map((d) => ({
          value: d,
          label: t(`explore.deeds.${d.replace(".", "_") as "message_posted"}`),
        }))}
      />
      {(narrowings[pick.kind] ?? []).map((field) =>
        field === "content" ? (
          <Select
            key={field}
            className={style.narrow}
            aria-label={named(t("explore.content"))}
            placeholder={t("explore.content")}
            allowClear
            value={pick.content}
            onChange={(v: string | undefined) => change("content", v)}
            options={contents.map((c) => ({ value: c, label: t(`content.${c}`) }))}
          />
        ) : field === "text" ? (
          <Input
            key={`${field} ${pick.text ?? ""}`}
            className={style.narrow}
            aria-label={named(t("explore.text"))}
            placeholder={t("explore.text")}
            allowClear
            maxLength={100}
            defaultValue={pick.text ?? ""}
            onPressEnter={(e) => change("text", e.currentTarget.value.trim())}
            onBlur={(e) => change("text", e.currentTarget.value.trim())}
            onClear={() => change("text", undefined)}
          />
        ) : (
          <AutoComplete
            key={`${field} ${pick[field] ?? ""}`}
            className={style.narrow}
            aria-label={named(t(`explore.${field}`))}
            placeholder={t(`explore.${field}`)}
            allowClear
            defaultValue={pick[field]}
            options={
              field === "tag"
                ? (known ?? []).map((k) => ({ value: k.tag }))
                : field === "way"
                  ? ways.map((value) => ({ value, label: `${wayText(w, value)} (${value})` }))
                  : []
            }
            onSelect={(v: string) => change(field, v)}
            onBlur={(e) => change(field, (e.target as HTMLInputElement).value.trim())}
            onClear={() => change(field, undefined)}
          />
        ),
      )}
    </>
  );
}
