// The module: every exported kernel, by topic.
export * from "./bytes";
export * from "./decimals";
export * from "./sorting";
export * from "./text";
export * from "./zones";
