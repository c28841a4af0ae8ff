/** What a tool can check about the browser's part of Bedside. */

import js from "@eslint/js";
import jsxA11y from "eslint-plugin-jsx-a11y";
import noUnsanitized from "eslint-plugin-no-unsanitized";
import reactHooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

/** Names, chat and file names are shown as text only: nothing may turn a string into markup or code. */
const HTML_SINKS = [
  {
    selector: "JSXAttribute[name.name='dangerouslySetInnerHTML']",
    message: "Text from people is rendered as text: no HTML sink.",
  },
  {
    selector: "JSXAttribute[name.name='srcDoc']",
    message: "Text from people is rendered as text: no HTML sink.",
  },
  {
    selector:
      "MemberExpression[property.name=/^(innerHTML|outerHTML|insertAdjacentHTML|createContextualFragment)$/]",
    message: "Text from people is rendered as text: no HTML sink.",
  },
  {
    selector: "JSXAttribute[name.name='style']",
    message: "Styles come from the theme: `style-src 'self'` allows no inline styles.",
  },
];

export default tseslint.config(
  { ignores: ["**/dist/", "**/node_modules/", "app/src/api/schema.d.ts"] },
  js.configs.recommended,
  {
    files: ["**/*.{ts,tsx}"],
    extends: [...tseslint.configs.strictTypeChecked, ...tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { "no-unsanitized": noUnsanitized },
    rules: {
      ...noUnsanitized.configs.recommended.rules,
      "no-eval": "error",
      "no-implied-eval": "off",
      "@typescript-eslint/no-implied-eval": "error",
      "no-console": "error",
      "no-restricted-syntax": ["error", ...HTML_SINKS],
      // A `null` that means "not there" is compared as such.
      eqeqeq: "error",
      // Event handlers of React and timers may start work without waiting for it; `void` says so elsewhere.
      "@typescript-eslint/no-misused-promises": ["error", { checksVoidReturn: { attributes: false } }],
    },
  },
  {
    files: ["app/**/*.{ts,tsx}"],
    extends: [reactHooks.configs.flat.recommended, jsxA11y.flatConfigs.strict],
  },
);
