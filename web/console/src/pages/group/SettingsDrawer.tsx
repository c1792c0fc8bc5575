import type { GroupHead } from "@qunying/api/model";
import { Sheet } from "../../ui/Sheet.tsx";
import { useWords } from "../../words/useWords.ts";
import { AlertingForm } from "../settings/AlertingForm.tsx";
import { BandsForm } from "../settings/BandsForm.tsx";
import { DeliveryForm } from "../settings/DeliveryForm.tsx";
import { ProfileForm } from "../settings/ProfileForm.tsx";
import { WaitingForm } from "../settings/WaitingForm.tsx";
import { WelcomeForm } from "../settings/WelcomeForm.tsx";
import { KeeperForm } from "./KeeperForm.tsx";
import { LeavePart } from "./LeavePart.tsx";
import style from "./SettingsDrawer.module.css";
import { ZoneForm } from "./ZoneForm.tsx";

/** What is set for one group. */
export default function SettingsDrawer({ head, onClose }: { head: GroupHead; onClose: () => void }) {
  const { t } = useWords();
  const group = head.group;
  return (
    <Sheet title={t("settings.group", { name: group.name })} onClose={onClose} width={480}>
      <div className={style.parts}>
        <WelcomeForm scope={{ group: group.id }} />
        <section className={style.part}>
          <h2>{t("profile.title")}</h2>
          <ProfileForm scope={{ group: group.id }} />
        </section>
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
        <section className={style.part}>
          <h2>{t("bandsSet.title")}</h2>
          <BandsForm scope={{ group: group.id }} />
        </section>
        <section className={style.part}>
          <h2>{t("zoneSet.title")}</h2>
          <ZoneForm group={group.id} />
        </section>
        <section className={style.part}>
          <h2>{t("leave.title")}</h2>
          <LeavePart group={group.id} listens={head.connection !== ""} />
        </section>
      </div>
    </Sheet>
  );
}
