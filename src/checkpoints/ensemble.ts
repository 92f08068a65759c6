/**
 * The networks of an ensemble in one model file: tensors `members.0.layers.0.weight`, … and the metadata `ensemble`. Such a file has
 * another format version, so that older readers refuse it instead of using one of the networks.
 */
import { shown } from '../errors.js';
import { parseJsonOr } from '../files/json.js';
import { type Tensor, type TensorFile, TensorFileError, type Values } from '../files/safetensors.js';
import { fieldsOf } from '../files/type-guards.js';

/** Format versions of files with one network and of files with an ensemble. Readers refuse files with a higher version. */
export const FORMAT_VERSION = 1;
export const ENSEMBLE_VERSION = 2;

/** How a network of an ensemble was trained, as in metadata. */
export interface MemberRecord {
  readonly seed: number;
  /** A random UUID that identifies its run. */
  readonly run: string;
  readonly epochs: number;
  readonly step: number;
}

/** @param members  of an ensemble; undefined for one network */
export function versionMetadata(members: readonly MemberRecord[] | undefined): Record<string, string> {
  if (!members) return { format_version: String(FORMAT_VERSION) };
  return { format_version: String(ENSEMBLE_VERSION), ensemble: JSON.stringify({ members }) };
}

type Metadata = TensorFile['metadata'];

/** Number of networks in a file of this program. @throws TensorFileError if its version is unknown, or it does not say */
export function memberCountIn({ lockstep, format_version: version, ensemble }: Metadata): number {
  if (version === String(FORMAT_VERSION)) return 1;
  if (version !== String(ENSEMBLE_VERSION) || lockstep !== 'model') {
    const expected = lockstep === 'model' ? `${FORMAT_VERSION} or ${ENSEMBLE_VERSION}` : FORMAT_VERSION;
    throw new TensorFileError(`format version ${shown(version)}, expected ${expected}; use a newer Lockstep`);
  }
  const { members } = fieldsOf(parseJsonOr(ensemble, undefined));
  if (Array.isArray(members) && members.length > 1) return members.length;
  throw new TensorFileError('its metadata does not describe the networks of its ensemble');
}

/** How the networks of a file were trained; none if it is not an ensemble. */
export function memberRecordsIn({ ensemble }: Metadata): readonly Partial<MemberRecord>[] {
  const { members } = fieldsOf(parseJsonOr(ensemble, undefined));
  return Array.isArray(members) ? members.map((each: unknown) => fieldsOf(each) as Partial<MemberRecord>) : [];
}

/** Prefix of the names of a member's tensors. Members are numbered from 0. */
export function memberPrefix(member: number): string {
  return `members.${member}.`;
}

/** Name of the folder of a network's checkpoints. @param member  from 0 */
export function memberFolder(member: number): string {
  return `member-${String(member + 1).padStart(3, '0')}`;
}

/** The tensors of a network of an ensemble, named as in a file with one network. */
export function tensorsOfMember(tensors: TensorFile['tensors'], member: number): ReadonlyMap<string, Tensor> {
  const prefix = memberPrefix(member);
  const own = [...tensors].filter(([name]) => name.startsWith(prefix));
  return new Map(own.map(([name, tensor]) => [name.slice(prefix.length), tensor]));
}

/** @throws TensorFileError if a tensor belongs to no network, which must not be ignored */
export function requireNoOtherMembers(tensors: TensorFile['tensors'], members: number): void {
  const known = new Set(Array.from({ length: members }, (_, m) => memberPrefix(m)));
  const stray = [...tensors.keys()].find((name) => {
    const [prefix = ''] = /^members\.\d*\./.exec(name) ?? [];
    return name.startsWith('layers.') || (name.startsWith('members.') && !known.has(prefix));
  });
  if (stray === undefined) return;
  throw new TensorFileError(
    `tensor ${shown(stray)} belongs to no network; expected ${memberPrefix(0)} to ${memberPrefix(members - 1)}`,
  );
}

/** Parameters of a network. @param layers  widths */
export function parametersPerNetwork(layers: readonly number[]): number {
  return layers.slice(1).reduce((sum, outputs, l) => sum + (layers[l]! + 1) * outputs, 0);
}

/** The parameters of each network of a model. */
export function valuesOfMembers<V extends Values>(layers: readonly number[], values: V): V[] {
  const each = parametersPerNetwork(layers);
  const count = Math.max(1, Math.round(values.length / each));
  return Array.from({ length: count }, (_, m) => values.subarray(m * each, (m + 1) * each) as V);
}

/** All parameters, network by network. */
export function joined(parts: readonly Values[]): Values {
  const [first = new Float32Array()] = parts;
  const Type = first instanceof Float64Array ? Float64Array : Float32Array;
  const all = new Type(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
