/** Where a stage's API key is kept: an SSM parameter of type SecureString, made by hand before the first deployment. */
export const apiKeyParameter = (stage: string) => `/buildlatch/${stage}/api-key`;
