import { EllipsisOutlined } from "@ant-design/icons";
import type { Capability, Message } from "@qunying/api/model";
import { Button, Dropdown } from "antd";
import { useWords } from "../../words/useWords.ts";
import type { Asking } from "./ActionSheet.tsx";
import style from "./Actions.module.css";

/** How something can be done in this group. */
export function canOf(capabilities: Capability[], ability: Capability["ability"]): Capability["can"] {
  return capabilities.find((c) => c.ability === ability)?.can ?? "nobody";
}

/** How something can be done about a message: ours may be another matter than a member's. */
export function canDo(capabilities: Capability[], kind: Asking["kind"], message?: Message): Capability["can"] {
  return canOf(capabilities, kind === "recall" && message?.from_us ? "recall_own" : kind);
}

interface Props {
  message: Message;
  capabilities: Capability[];
  onChoose: (what: Asking) => void;
}

/** What lines of a conversation something can be done about: what was said, and who came. */
export function actable(m: Message): boolean {
  return m.kind === "member.joined" ? !m.from_us : m.kind === "message.posted" && !m.erased && !m.recalled;
}

/** What can be done about a message and who wrote it, or about who joined; what cannot be done says so. */
export function MessageMenu({ message, capabilities, onChoose }: Props) {
  const { t } = useWords();
  const came = message.kind === "member.joined";
  const kinds = came
    ? (["mute", "remove"] as const)
    : message.from_us
      ? (["recall"] as const)
      : (["mute", "recall", "remove"] as const);
  return (
    <Dropdown
      trigger={["click"]}
      placement="bottomRight"
      menu={{
        onClick: ({ key }) => onChoose({ kind: key as (typeof kinds)[number], message }),
        items: kinds.map((kind) => {
          const can = canDo(capabilities, kind, message);
          return {
            key: kind,
            disabled: can === "nobody",
            danger: kind === "remove" && can !== "nobody",
            label: (
              <span className={style.item}>
                {t(`act.${kind}`)}
                {can === "machine" ? null : (
                  <small className={style.how}>{t(can === "person" ? "act.byPerson" : "act.nobody")}</small>
                )}
              </span>
            ),
          };
        }),
      }}
    >
      <Button
        type="text"
        size="small"
        className={style.dots}
        icon={<EllipsisOutlined aria-hidden="true" />}
        aria-label={t(came ? "act.menuMember" : "act.menu", { name: message.name || t("message.nameless") })}
      />
    </Dropdown>
  );
}
