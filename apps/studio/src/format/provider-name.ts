/** As the vendors write themselves. A provider that is not here is called by its id. */
const names: Record<string, string> = {
  local: 'This server',
  openai: 'OpenAI',
  runway: 'Runway',
  elevenlabs: 'ElevenLabs',
  replicate: 'Replicate',
  gemini: 'Gemini',
  google: 'Google',
  vertex: 'Vertex AI',
  suno: 'Suno',
}

export function providerName(id: string): string {
  return names[id] ?? id
}

/** `Runway gen4.5`, or the provider alone where its models have no names. */
export function makerName(provider: string, model: string | null): string {
  return model === null ? providerName(provider) : `${providerName(provider)} ${model}`
}
