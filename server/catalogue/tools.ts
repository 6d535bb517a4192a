import { type Described, wordOf } from './openapi.ts';
import { type JsonSchema, propertiesOf } from './schema.ts';

/**
 * The tools of an MCP server, as `tools/list` answers them: the array, the result, or the whole JSON-RPC message.
 * Undefined when it is none. Its annotations are hints of whoever wrote the tool (MCP, "untrusted unless from trusted
 * servers"), and count for nothing here.
 */
export function mcpTools(document: unknown): Described[] | undefined {
  const tools = [document, member(document, 'tools'), member(member(document, 'result'), 'tools')].find(Array.isArray);
  if (tools === undefined || !tools.every(isTool)) return undefined;
  return tools.map(({ name, title, description, inputSchema }) => ({
    words: wordOf(name),
    says: [name, title, description].filter((text) => typeof text === 'string').join('. '),
    properties: Object.fromEntries(Object.entries(propertiesOf(inputSchema)).filter(([, schema]) => isObject(schema))),
    required: new Set(Array.isArray(inputSchema.required) ? inputSchema.required.map(String) : []),
  }));
}

interface Tool {
  name: string;
  title?: unknown;
  description?: unknown;
  inputSchema: JsonSchema;
}

const isTool = (tool: unknown): tool is Tool =>
  isObject(tool) && typeof tool.name === 'string' && wordOf(tool.name).length > 0 && isObject(tool.inputSchema);

const member = (value: unknown, name: string): unknown => (isObject(value) ? value[name] : undefined);
const isObject = (value: unknown): value is JsonSchema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
