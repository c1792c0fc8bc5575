import type { PolicyTest } from "@qunying/api/model";
import { Button, Input, InputNumber, Select } from "antd";
import { useWords } from "../../words/useWords.ts";
import { lack } from "./condition.ts";
import style from "./Moderation.module.css";
import { aspectText, valueText, wordCategories } from "./words.ts";

/** What can be chosen of what is asked about. */
const values: Record<string, readonly string[]> = {
  words: wordCategories,
  found: [
    "link",
    "link-allowed",
    "phone",
    "wechat",
    "qq",
    "telegram",
    "number",
    "qr",
    "card",
    "miniprogram",
    "forward",
    "everyone",
    "mentions",
    "long",
    "name-advert",
  ],
  "member.role": ["owner", "admin"],
  weekday: ["1", "2", "3", "4", "5", "6", "7"],
};

interface TestProps {
  test: PolicyTest;
  aspects: { name: string; type: string }[];
  lists: string[];
  onChange: (test: PolicyTest) => void;
  onRemove: () => void;
}

/** One line of a condition. */
export function TestEditor({ test: x, aspects, lists, onChange, onRemove }: TestProps) {
  const { t } = useWords();
  const kind = aspects.find((a) => a.name === x.what)?.type ?? "text";
  const not = !x.any?.length && x.none !== undefined;
  const ranged = x.min !== undefined || x.max !== undefined;
  const numeric =
    ranged || ((kind === "number" || kind === "whole number") && x.what !== "weekday" && !x.any && !x.none);
  const known = kind === "yes or no" ? ["true", "false"] : x.what === "lexicons" ? lists : (values[x.what] ?? []);
  const options = known.map((value) => ({ value, label: valueText(t, x.what, value) }));
  const missing = lack(x);
  return (
    <>
      <Select
        aria-label={t("order.what")}
        value={x.what}
        popupMatchSelectWidth={false}
        showSearch={{ optionFilterProp: "label" }}
        onChange={(what) => onChange(what === "clock" ? { what, from: "23:00", to: "07:00" } : { what })}
        options={[
          ...aspects.filter((a) => a.name !== "minute").map((a) => ({ value: a.name, label: aspectText(t, a.name) })),
          { value: "clock", label: aspectText(t, "clock") },
        ]}
      />
      {x.what === "clock" ? (
        <>
          <Input
            type="time"
            style={{ width: 112 }}
            aria-label={t("order.from")}
            value={x.from ?? ""}
            onChange={(e) => onChange({ ...x, from: e.target.value })}
          />
          –
          <Input
            type="time"
            style={{ width: 112 }}
            aria-label={t("order.to")}
            value={x.to ?? ""}
            onChange={(e) => onChange({ ...x, to: e.target.value })}
          />
        </>
      ) : numeric ? (
        <>
          <InputNumber
            aria-label={t("order.atLeast")}
            prefix="≥"
            value={x.min ?? null}
            onChange={(n) =>
              onChange({
                what: x.what,
                ...(n === null ? {} : { min: n }),
                ...(x.max === undefined ? {} : { max: x.max }),
              })
            }
          />
          <InputNumber
            aria-label={t("order.atMost")}
            prefix="≤"
            value={x.max ?? null}
            onChange={(n) =>
              onChange({
                what: x.what,
                ...(x.min === undefined ? {} : { min: x.min }),
                ...(n === null ? {} : { max: n }),
              })
            }
          />
        </>
      ) : (
        <>
          {kind === "yes or no" ? null : (
            <Select
              aria-label={t("order.isOrNot")}
              value={not ? "none" : "any"}
              onChange={(how) => onChange({ what: x.what, [how]: (not ? x.none : x.any) ?? [] })}
              options={(["any", "none"] as const).map((value) => ({ value, label: t(`order.isOrNotOf.${value}`) }))}
            />
          )}
          <Select
            mode={options.length > 0 && x.what !== "lexicons" ? "multiple" : "tags"}
            aria-label={t("order.values")}
            style={{ minWidth: 180, flex: 1 }}
            value={(not ? x.none : x.any) ?? []}
            onChange={(chosen) => onChange(not ? { what: x.what, none: chosen } : { ...x, any: chosen })}
            options={options}
          />
        </>
      )}
      <Button size="small" type="text" onClick={onRemove}>
        {t("action.remove")}
      </Button>
      {missing ? <span className={style.faint}>{t(`order.lack.${missing}`)}</span> : null}
    </>
  );
}
