import type { GroupCard } from "@qunying/api/model";
import { Sheet } from "../../ui/Sheet.tsx";
import { useWords } from "../../words/useWords.ts";
import { AlertingForm } from "../settings/AlertingForm.tsx";
import { DeliveryForm } from "../settings/DeliveryForm.tsx";
import { WaitingForm } from "../settings/WaitingForm.tsx";
import { WelcomeForm } from "../settings/WelcomeForm.tsx";
import { KeeperForm } from "./KeeperForm.tsx";
import style from "./SettingsDrawer.module.css";

/** What is set for one group. */
export default function SettingsDrawer({ group, onClose }: { group: GroupCard; onClose: () => void }) {
  const { t } = useWords();
  return (
    <Sheet title={t("settings.group", { name: group.name })} onClose={onClose} width={480}>
      <div className={style.parts}>
        <WelcomeForm scope={{ group: group.id }} />
        <section className={style.part}>
          <h2>{t("keeperSet.title")}</h2>
          <KeeperForm group={group.id} />
        </section>
        <section className={style.part}>
          <h2>{t("waitingSet.title")}</h2>
          <WaitingForm scope={{ group: group.id }} />
        </section>
        <section className={style.part}>
          <h2>{t("sending.title")}</h2>
          <DeliveryForm scope={{ group: group.id }} />
        </section>
        <section className={style.part}>
          <h2>{t("alerting.title")}</h2>
          <AlertingForm scope={{ group: group.id }} />
        </section>
      </div>
    </Sheet>
  );
}
