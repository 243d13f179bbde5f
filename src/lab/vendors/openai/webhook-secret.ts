/** What the lab signs OpenAI's webhooks with: the secret of an account that does not exist. */
export const OPENAI_LAB_WEBHOOK_SECRET = `whsec_${Buffer.from('the lab signs with this, openai').toString('base64')}`
