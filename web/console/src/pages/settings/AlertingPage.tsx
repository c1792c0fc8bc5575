import { Parts } from "../../shell/Parts.tsx";
import { useHere } from "../../shell/useHere.ts";
import { Panel } from "../../ui/Panel.tsx";
import { useWords } from "../../words/useWords.ts";
import { AlertingForm } from "./AlertingForm.tsx";
import { BandsForm } from "./BandsForm.tsx";
import { ContactsForm } from "./ContactsForm.tsx";
import { MailForm } from "./MailForm.tsx";
import style from "./SettingsPage.module.css";

/** When something counts as wrong, and how people are called. */
export function AlertingPage() {
  const { t } = useWords();
  const { may } = useHere();
  return (
    <div className={style.page}>
      <h1>{t("settings.title")}</h1>
      <Parts of="settings" />
      <Panel title={t("alerting.title")} note={t("alerting.note")}>
        <AlertingForm scope={{}} />
      </Panel>
      <Panel title={t("bandsSet.title")}>
        <BandsForm scope={{}} />
      </Panel>
      {may("manage") ? (
        <>
          <Panel title={t("mail.title")} note={t("mail.note")}>
            <MailForm />
          </Panel>
          <Panel title={t("contacts.title")} note={t("contacts.note")}>
            <ContactsForm />
          </Panel>
        </>
      ) : null}
    </div>
  );
}
