import type { StructField } from "../../catalog/types.ts";
import { columnList } from "./column-list.ts";

/** ClickBench's `hits`: 105 columns, none of them ever NULL. */
export const HITS: readonly StructField[] = columnList(`WatchID long!, JavaEnable short!, Title string!, GoodEvent short!, EventTime timestamp!, EventDate date!,
  CounterID int!, ClientIP int!, RegionID int!, UserID long!, CounterClass short!, OS short!, UserAgent short!, URL string!, Referer string!,
  IsRefresh short!, RefererCategoryID short!, RefererRegionID int!, URLCategoryID short!, URLRegionID int!, ResolutionWidth short!,
  ResolutionHeight short!, ResolutionDepth short!, FlashMajor short!, FlashMinor short!, FlashMinor2 string!, NetMajor short!, NetMinor short!,
  UserAgentMajor short!, UserAgentMinor string!, CookieEnable short!, JavascriptEnable short!, IsMobile short!, MobilePhone short!,
  MobilePhoneModel string!, Params string!, IPNetworkID int!, TraficSourceID short!, SearchEngineID short!, SearchPhrase string!,
  AdvEngineID short!, IsArtifical short!, WindowClientWidth short!, WindowClientHeight short!, ClientTimeZone short!, ClientEventTime timestamp!,
  SilverlightVersion1 short!, SilverlightVersion2 short!, SilverlightVersion3 int!, SilverlightVersion4 short!, PageCharset string!,
  CodeVersion int!, IsLink short!, IsDownload short!, IsNotBounce short!, FUniqID long!, OriginalURL string!, HID int!, IsOldCounter short!,
  IsEvent short!, IsParameter short!, DontCountHits short!, WithHash short!, HitColor string!, LocalEventTime timestamp!, Age short!, Sex short!,
  Income short!, Interests short!, Robotness short!, RemoteIP int!, WindowName int!, OpenerName int!, HistoryLength short!,
  BrowserLanguage string!, BrowserCountry string!, SocialNetwork string!, SocialAction string!, HTTPError short!, SendTiming int!,
  DNSTiming int!, ConnectTiming int!, ResponseStartTiming int!, ResponseEndTiming int!, FetchTiming int!, SocialSourceNetworkID short!,
  SocialSourcePage string!, ParamPrice long!, ParamOrderID string!, ParamCurrency string!, ParamCurrencyID short!, OpenstatServiceName string!,
  OpenstatCampaignID string!, OpenstatAdID string!, OpenstatSourceID string!, UTMSource string!, UTMMedium string!, UTMCampaign string!,
  UTMContent string!, UTMTerm string!, FromTag string!, HasGCLID short!, RefererHash long!, URLHash long!, CLID int!`);
