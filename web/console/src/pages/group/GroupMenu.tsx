import { DownOutlined } from "@ant-design/icons";
import type { Capability } from "@qunying/api/model";
import { Button, Dropdown } from "antd";
import { useWords } from "../../words/useWords.ts";
import type { Asking } from "./ActionSheet.tsx";
import style from "./Actions.module.css";
import { canOf } from "./MessageMenu.tsx";

/** What can be done in the group as a whole. */
export function GroupMenu({
  capabilities,
  onChoose,
}: {
  capabilities: Capability[];
  onChoose: (what: Asking) => void;
}) {
  const { t } = useWords();
  return (
    <Dropdown
      trigger={["click"]}
      menu={{
        onClick: ({ key }) => onChoose({ kind: key as "announce" | "mute_all" }),
        items: (["announce", "mute_all"] as const).map((kind) => {
          const can = canOf(capabilities, kind);
          return {
            key: kind,
            disabled: can === "nobody",
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
      <Button icon={<DownOutlined aria-hidden="true" />} iconPlacement="end">
        {t("act.group")}
      </Button>
    </Dropdown>
  );
}
