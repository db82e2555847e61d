// Finds what is at a path of an answer: the type, the field, and the ID of the object.

import {
  type DocumentNode,
  type FieldNode,
  getNamedType,
  getOperationAST,
  type GraphQLSchema,
  isAbstractType,
  isInterfaceType,
  isObjectType,
  Kind,
  parse,
  type SelectionSetNode,
} from "graphql";

import type { Operation, Path } from "./gateway";

export interface Place {
  readonly typeName: string;
  readonly field: string;
  readonly id: string | null; // null if the operation doesn't select it
}

interface Selected {
  readonly field: FieldNode;
  readonly on: string; // the type that the selection is on
}

/** Return what is at a path of an answer; "*" stands for the first item. Null if the operation doesn't match the answer. */
export function placeOf(schema: GraphQLSchema, operation: Operation, data: unknown, path: Path): Place | null {
  const document = parsed(operation.query);
  const root = document && getOperationAST(document, operation.operationName);
  const rootType = root && schema.getRootType(root.operation);
  if (!document || !root || !rootType) return null;

  let level = [...selectedIn(document, root.selectionSet, rootType.name)];
  let value: any = data;
  let place: Place | null = null;
  for (const step of path) {
    if (typeof step === "number" || step === "*") {
      value = Array.isArray(value) ? (step === "*" ? value.find((item) => item !== null) : value[step]) : null;
    } else {
      const found = level.filter(({ field }) => keyOf(field) === step);
      place = found[0] ? object(schema, level, found[0], value) : null;
      level = found.flatMap(({ field, on }) => {
        const type = fieldType(schema, on, field.name.value);
        return type && field.selectionSet ? [...selectedIn(document, field.selectionSet, type)] : [];
      });
      value = value?.[step];
    }
  }
  return place;
}

function object(schema: GraphQLSchema, level: readonly Selected[], { field, on }: Selected, holder: any): Place {
  const idKey = level.find((each) => each.field.name.value === "id");
  const nameKey = level.find((each) => each.field.name.value === "__typename");
  const named = isAbstractType(schema.getType(on)) && nameKey ? holder?.[keyOf(nameKey.field)] : on;
  return { typeName: named ?? on, field: field.name.value, id: (idKey && holder?.[keyOf(idKey.field)]) ?? null };
}

function* selectedIn(document: DocumentNode, selections: SelectionSetNode, on: string): Iterable<Selected> {
  for (const selection of selections.selections) {
    if (selection.kind === Kind.FIELD) {
      yield { field: selection, on };
    } else if (selection.kind === Kind.INLINE_FRAGMENT) {
      yield* selectedIn(document, selection.selectionSet, selection.typeCondition?.name.value ?? on);
    } else {
      const named = document.definitions.find(
        (each) => each.kind === Kind.FRAGMENT_DEFINITION && each.name.value === selection.name.value,
      );
      if (named?.kind === Kind.FRAGMENT_DEFINITION) {
        yield* selectedIn(document, named.selectionSet, named.typeCondition.name.value);
      }
    }
  }
}

function fieldType(schema: GraphQLSchema, on: string, field: string): string | null {
  const type = schema.getType(on);
  if (!isObjectType(type) && !isInterfaceType(type)) return null;
  const kind = type.getFields()[field]?.type;
  return kind ? getNamedType(kind).name : null;
}

function keyOf({ alias, name }: FieldNode): string {
  return (alias ?? name).value;
}

function parsed(query: string): DocumentNode | null {
  try {
    return parse(query);
  } catch {
    return null;
  }
}
