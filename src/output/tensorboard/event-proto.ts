/**
 * TensorBoard events as protobuf: the used parts of event.proto, summary.proto, tensor.proto (tensorboard/compat/proto) and
 * plugin_data.proto of the hparams plugin, with the original names and numbers of the fields.
 */
import { PbfWriter } from 'pbf';

export interface TensorBoardEvent {
  /** Seconds since 1970. */
  readonly wall_time: number;
  readonly step: number;
  /** Only in the first event of a file. */
  readonly file_version?: string;
  readonly summary?: readonly SummaryValue[];
  /** Makes TensorBoard discard this and later steps of earlier files. */
  readonly isSessionStart?: boolean;
}

/** One of them. */
export type SummaryValue =
  | { readonly tag: string; readonly simple_value: number }
  | { readonly tag: string; readonly text: string }
  | { readonly tag: string; readonly hparams: SessionStart | SessionEnd };

export type HParam = number | string | boolean;

export interface SessionStart {
  readonly hparams: Readonly<Record<string, HParam>>;
  /** Seconds since 1970. */
  readonly start_time_secs: number;
}

export interface SessionEnd {
  readonly isSuccess: boolean;
  readonly end_time_secs: number;
}

/** SessionLog.SessionStatus, DataType, and Status in api.proto of hparams. */
const START = 1;
const DT_STRING = 7;
const STATUS_SUCCESS = 1;
const STATUS_FAILURE = 2;

export function encodeEvent({ wall_time, step, file_version, summary, isSessionStart }: TensorBoardEvent): Uint8Array {
  const pbf = new PbfWriter();
  pbf.writeDoubleField(1, wall_time);
  pbf.writeVarintField(2, step);
  if (file_version !== undefined) pbf.writeStringField(3, file_version);
  if (summary) pbf.writeMessage(5, writeSummary, summary);
  if (isSessionStart) pbf.writeMessage(7, writeSessionLog, START);
  return pbf.finish();
}

function writeSummary(values: readonly SummaryValue[], pbf: PbfWriter): void {
  for (const each of values) pbf.writeMessage(1, writeValue, each);
}

function writeValue(value: SummaryValue, pbf: PbfWriter): void {
  pbf.writeStringField(1, value.tag);
  if ('simple_value' in value) pbf.writeFloatField(2, value.simple_value);
  else if ('text' in value) {
    pbf.writeMessage(8, writeStringTensor, value.text);
    pbf.writeMessage(9, writeMetadata, { plugin_name: 'text' });
  } else pbf.writeMessage(9, writeMetadata, { plugin_name: 'hparams', content: encodeHParams(value.hparams) });
}

/** A scalar, whose shape has no dimensions. */
function writeStringTensor(text: string, pbf: PbfWriter): void {
  pbf.writeVarintField(1, DT_STRING);
  pbf.writeMessage(2, () => undefined, undefined);
  pbf.writeStringField(8, text);
}

interface PluginData {
  readonly plugin_name: string;
  readonly content?: Uint8Array;
}

function writeMetadata(data: PluginData, pbf: PbfWriter): void {
  pbf.writeMessage(1, writePluginData, data);
}

function writePluginData({ plugin_name, content }: PluginData, pbf: PbfWriter): void {
  pbf.writeStringField(1, plugin_name);
  if (content) pbf.writeBytesField(2, content);
}

function writeSessionLog(status: number, pbf: PbfWriter): void {
  pbf.writeVarintField(1, status);
}

function encodeHParams(session: SessionStart | SessionEnd): Uint8Array {
  const pbf = new PbfWriter();
  if ('hparams' in session) pbf.writeMessage(3, writeSessionStart, session);
  else pbf.writeMessage(4, writeSessionEnd, session);
  return pbf.finish();
}

function writeSessionStart({ hparams, start_time_secs }: SessionStart, pbf: PbfWriter): void {
  for (const each of Object.entries(hparams)) pbf.writeMessage(1, writeHParam, each);
  pbf.writeDoubleField(5, start_time_secs);
}

function writeSessionEnd({ isSuccess, end_time_secs }: SessionEnd, pbf: PbfWriter): void {
  pbf.writeVarintField(1, isSuccess ? STATUS_SUCCESS : STATUS_FAILURE);
  pbf.writeDoubleField(2, end_time_secs);
}

function writeHParam([name, value]: readonly [string, HParam], pbf: PbfWriter): void {
  pbf.writeStringField(1, name);
  pbf.writeMessage(2, writeJsonValue, value);
}

/** google.protobuf.Value. */
function writeJsonValue(value: HParam, pbf: PbfWriter): void {
  if (typeof value === 'number') pbf.writeDoubleField(2, value);
  else if (typeof value === 'string') pbf.writeStringField(3, value);
  else pbf.writeBooleanField(4, value);
}
