/** A text field of a form, with its error as text below it. */

import { TextField, type TextFieldProps } from "@mui/material";
import {
  type Control,
  type FieldPath,
  type FieldValues,
  type RegisterOptions,
  useController,
} from "react-hook-form";

type FormFieldProps<Fields extends FieldValues> = Omit<TextFieldProps, "name" | "error"> & {
  control: Control<Fields>;
  name: FieldPath<Fields>;
  rules?: Omit<RegisterOptions<Fields>, "valueAsNumber" | "valueAsDate" | "setValueAs" | "disabled">;
};

export function FormField<Fields extends FieldValues>(props: FormFieldProps<Fields>) {
  const { control, name, rules, helperText, ...field } = props;
  const { field: input, fieldState } = useController({ control, name, ...(rules && { rules }) });
  return (
    <TextField
      {...field}
      name={input.name}
      value={input.value}
      onChange={input.onChange}
      onBlur={input.onBlur}
      inputRef={input.ref}
      error={fieldState.invalid}
      helperText={fieldState.error?.message ?? helperText}
    />
  );
}
