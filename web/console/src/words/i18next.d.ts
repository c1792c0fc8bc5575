import type texts from "../../../texts/zh-CN.json";

// Makes a key that is not in the texts a type error.
declare module "i18next" {
  interface CustomTypeOptions {
    defaultNS: "translation";
    resources: { translation: typeof texts };
  }
}
