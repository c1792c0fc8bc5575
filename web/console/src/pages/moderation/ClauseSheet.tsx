import type { Clause, PolicyTest } from "@qunying/api/model";
import { Button, Checkbox, Input, InputNumber, Radio, Segmented, Select } from "antd";
import { useId, useState } from "react";
import { Sheet } from "../../ui/Sheet.tsx";
import { useWords } from "../../words/useWords.ts";
import { ActsEditor } from "./ActsEditor.tsx";
import style from "./Moderation.module.css";
import { aspectText, categoryText, detectorText } from "./words.ts";

interface Props {
  clause: Clause;
  isNew: boolean;
  aspects: { name: string; type: string }[];
  /** Names of the word lists that it can ask for. */
  lists: string[];
  onSave: (c: Clause) => void;
  onRemove: () => void;
  onClose: () => void;
}

const categories = ["advert", "fraud", "gambling", "pornography", "abuse", "drugs-weapons", "politics", "custom"];
const detectors = [
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
];

/** One clause: when it holds, what follows strike by strike, what members are told. */
export function ClauseSheet({ clause, isNew, aspects, lists, onSave, onRemove, onClose }: Props) {
  const { t } = useWords();
  const id = useId();
  const [c, setC] = useState(clause);
  const [asText, setAsText] = useState(Boolean(clause.when.expr));
  const tests = c.when.tests ?? [];
  const putTest = (at: number, x: PolicyTest) =>
    setC({ ...c, when: { ...c.when, tests: tests.map((y, i) => (i === at ? x : y)) } });
  const ladder = c.ladder ?? [];
  return (
    <Sheet title={isNew ? t("order.ownClause") : c.name} width={560} onClose={onClose}>
      <div className={style.form}>
        <div className={style.field}>
          <label htmlFor={`${id}-name`}>{t("order.clauseName")}</label>
          <Input
            id={`${id}-name`}
            maxLength={60}
            value={c.name}
            onChange={(e) => setC({ ...c, name: e.target.value })}
          />
          <p className={style.faint}>{t("order.clauseNameHelp")}</p>
        </div>
        <div className={style.field}>
          <span>{t("order.severityTitle")}</span>
          <Segmented
            aria-label={t("order.severityTitle")}
            value={c.severity}
            onChange={(severity) => setC({ ...c, severity: Number(severity) })}
            options={([1, 2, 3] as const).map((n) => ({ value: n, label: t(`order.severity.${n}`) }))}
          />
        </div>
        <div className={style.field}>
          <span>{t("order.when")}</span>
          <Segmented
            aria-label={t("order.when")}
            value={asText ? "text" : "form"}
            onChange={(how) => setAsText(how === "text")}
            options={[
              { value: "form", label: t("order.asForm") },
              { value: "text", label: t("order.asText") },
            ]}
          />
          {asText ? (
            <div className={style.mono}>
              <Input.TextArea
                aria-label={t("order.asText")}
                rows={4}
                maxLength={2000}
                spellCheck={false}
                value={c.when.expr ?? ""}
                placeholder={'"advert" in words && member.hours < 24.0'}
                onChange={(e) => setC({ ...c, when: { ...c.when, expr: e.target.value } })}
              />
              <p className={style.faint}>{t("order.variables", { names: aspects.map((a) => a.name).join(", ") })}</p>
            </div>
          ) : (
            <>
              <Radio.Group
                value={c.when.match === "any" ? "any" : "all"}
                onChange={(e) => setC({ ...c, when: { ...c.when, match: e.target.value } })}
                options={[
                  { value: "all", label: t("order.matchAll") },
                  { value: "any", label: t("order.matchAny") },
                ]}
              />
              <ul className={style.form}>
                {tests.map((x, at) => (
                  <li key={at} className={style.test}>
                    <TestEditor
                      test={x}
                      aspects={aspects}
                      lists={lists}
                      onChange={(y) => putTest(at, y)}
                      onRemove={() => setC({ ...c, when: { ...c.when, tests: tests.filter((_, i) => i !== at) } })}
                    />
                  </li>
                ))}
              </ul>
              <div>
                <Button
                  size="small"
                  onClick={() =>
                    setC({ ...c, when: { ...c.when, tests: [...tests, { what: "words", any: ["advert"] }] } })
                  }
                >
                  {t("order.addTest")}
                </Button>
              </div>
            </>
          )}
        </div>
        <div className={style.field}>
          <span>{t("order.alwaysTitle")}</span>
          <ActsEditor acts={c.always ?? []} onChange={(always) => setC({ ...c, always })} />
        </div>
        <div className={style.field}>
          <span>{t("order.atOnceTitle")}</span>
          <Checkbox.Group
            value={c.at_once ?? []}
            onChange={(at_once) => setC({ ...c, at_once })}
            options={(["recall", "remind"] as const).map((what) => ({ value: what, label: t(`order.act.${what}`) }))}
          />
          <p className={style.faint}>{t("order.atOnceHelp")}</p>
        </div>
        {ladder.map((s, i) => (
          <fieldset key={i} className={style.field}>
            <legend>{t("order.stepTitle", { n: i + 1 })}</legend>
            <ActsEditor
              acts={s.acts}
              onChange={(acts) => setC({ ...c, ladder: ladder.map((y, j) => (j === i ? { acts } : y)) })}
            />
          </fieldset>
        ))}
        <div className={style.acts}>
          {ladder.length < 10 ? (
            <Button size="small" onClick={() => setC({ ...c, ladder: [...ladder, { acts: [{ do: "warn" }] }] })}>
              {t("order.addStep")}
            </Button>
          ) : null}
          {ladder.length > 0 ? (
            <Button size="small" onClick={() => setC({ ...c, ladder: ladder.slice(0, -1) })}>
              {t("order.dropStep")}
            </Button>
          ) : null}
        </div>
        {(["remind", "warn", "notice"] as const).map((k) => (
          <div key={k} className={style.field}>
            <label htmlFor={`${id}-${k}`}>{t(`order.text.${k}`)}</label>
            <Input.TextArea
              id={`${id}-${k}`}
              autoSize={{ minRows: 1, maxRows: 4 }}
              maxLength={1000}
              placeholder={t("order.ownWords")}
              value={c.texts[k] ?? ""}
              onChange={(e) => setC({ ...c, texts: { ...c.texts, [k]: e.target.value } })}
            />
          </div>
        ))}
        <div className={style.acts}>
          {isNew ? null : (
            <Button danger onClick={onRemove}>
              {t("order.removeClause")}
            </Button>
          )}
          <Button onClick={onClose}>{t("action.cancel")}</Button>
          <Button
            type="primary"
            disabled={c.name.trim() === ""}
            onClick={() =>
              onSave(asText ? c : { ...c, when: { tests, ...(c.when.match ? { match: c.when.match } : {}) } })
            }
          >
            {t("order.take")}
          </Button>
        </div>
      </div>
    </Sheet>
  );
}

interface TestProps {
  test: PolicyTest;
  aspects: { name: string; type: string }[];
  lists: string[];
  onChange: (test: PolicyTest) => void;
  onRemove: () => void;
}

function TestEditor({ test: x, aspects, lists, onChange, onRemove }: TestProps) {
  const { t } = useWords();
  const kind = aspects.find((a) => a.name === x.what)?.type ?? "text";
  const numeric = kind === "number" || kind === "whole number";
  const options =
    x.what === "words"
      ? categories.map((v) => ({ value: v, label: categoryText(t, v) }))
      : x.what === "found"
        ? detectors.map((v) => ({ value: v, label: detectorText(t, v) }))
        : x.what === "lexicons"
          ? lists.map((v) => ({ value: v, label: v }))
          : kind === "yes or no"
            ? ["true", "false"].map((v) => ({ value: v, label: t(`order.yesNo.${v as "true"}`) }))
            : [];
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
            style={{ width: 80 }}
            aria-label={t("order.from")}
            value={x.from ?? ""}
            onChange={(e) => onChange({ ...x, from: e.target.value })}
          />
          –
          <Input
            style={{ width: 80 }}
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
        <Select
          mode={options.length > 0 && x.what !== "lexicons" ? "multiple" : "tags"}
          aria-label={t("order.values")}
          style={{ minWidth: 180, flex: 1 }}
          value={x.any ?? []}
          onChange={(any) => onChange({ what: x.what, any })}
          options={options}
        />
      )}
      <Button size="small" type="text" onClick={onRemove}>
        {t("action.remove")}
      </Button>
    </>
  );
}
