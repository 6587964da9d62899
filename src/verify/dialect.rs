//! What differs between countries and versions: lengths, lists of codes, what is mandatory.

use crate::verify::element::Element;

/// A country's SAF-T Financial, in the version that the file states.
#[derive(Debug, Clone)]
pub(crate) struct Dialect {
    pub(crate) is_danish: bool,
    /// What the header says.
    pub(crate) version: String,
}

const NORWAY: &str = "urn:StandardAuditFile-Taxation-Financial:NO";
const DENMARK: &str = "urn:StandardAuditFile-Taxation-Financial:DK";

impl Dialect {
    /// The dialect of a namespace; Norway's when it is of neither country.
    pub(crate) fn of_namespace(namespace: Option<&str>) -> Self {
        Self {
            is_danish: namespace == Some(DENMARK),
            version: String::new(),
        }
    }

    pub(crate) fn namespace(&self) -> &'static str {
        if self.is_danish { DENMARK } else { NORWAY }
    }

    pub(crate) fn country(&self) -> &'static str {
        if self.is_danish { "DK" } else { "NO" }
    }

    pub(crate) fn read_version(&mut self, header: &Element) {
        self.version = header.get("AuditFileVersion").unwrap_or_default().to_owned();
    }

    pub(crate) fn versions(&self) -> &'static [&'static str] {
        if self.is_danish {
            &["1.0", "2.0", "2.1"]
        } else {
            &["1.10", "1.20", "1.30", "1.40"]
        }
    }

    /// Whether the file is in the Norwegian form before 1.30: no mandatory grouping, one tax
    /// amount, balances directly on parties.
    pub(crate) fn is_old(&self) -> bool {
        !self.is_danish && matches!(self.version.as_str(), "1.0" | "1.00" | "1.10" | "1.20")
    }

    /// Whether the tax amount has no side of its own.
    pub(crate) fn has_plain_tax_amount(&self) -> bool {
        self.is_danish || self.is_old()
    }

    pub(crate) fn account_types(&self) -> &'static [&'static str] {
        if self.is_danish {
            &["Asset", "Liability", "Sale", "Expense", "Other"]
        } else {
            &["GL"]
        }
    }

    /// The types of a journal; empty when any is taken.
    pub(crate) fn journal_types(&self) -> &'static [&'static str] {
        if self.is_danish {
            &["GL", "AR", "AP", "AJ"]
        } else {
            &[]
        }
    }

    /// How many characters an element takes, where it is limited.
    pub(crate) fn length_max(&self, parent: &str, name: &str) -> Option<usize> {
        let narrow = self.is_danish || self.is_old();
        Some(match name {
            "AuditFileVersion" | "AuditFileRegion" | "TaxType" | "AnalysisType" | "SelfBillingIndicator" => 9,
            "SoftwareVersion" | "Telephone" | "Fax" | "MobilePhone" | "JournalID" | "TransactionType"
            | "SystemID" | "RecordID" | "BIC" | "SortCode" => 18,
            "PostalCode" | "Number" => {
                if narrow {
                    18
                } else {
                    70
                }
            }
            "AnalysisID" if parent == "Analysis" => 256,
            "RegistrationNumber"
            | "FirstName"
            | "CustomerID"
            | "SupplierID"
            | "SourceID"
            | "BatchID"
            | "SourceDocumentID"
            | "ReferenceNumber"
            | "CID"
            | "CrossReference"
            | "GroupingCode"
            | "StandardAccountID"
            | "TaxRegistrationNumber"
            | "IBANNumber"
            | "BankAccountNumber"
            | "AnalysisID" => 35,
            "GroupingCategory" | "City" | "Region" if narrow => 35,
            "TaxCode" if self.is_danish => 9,
            "TaxCode" if self.is_old() => 35,
            "Name" | "StreetName" | "AdditionalAddressDetail" if narrow => 70,
            "SoftwareCompanyName"
            | "LastName"
            | "Email"
            | "TaxEntity"
            | "AccountID"
            | "TransactionID"
            | "TaxCode"
            | "VoucherType"
            | "VoucherDescription" => 70,
            "SoftwareID"
            | "HeaderComment"
            | "Description"
            | "AccountDescription"
            | "GroupingCategory"
            | "AnalysisTypeDescription"
            | "AnalysisIDDescription"
            | "Name"
            | "StreetName"
            | "City"
            | "AdditionalAddressDetail" => 256,
            _ => return None,
        })
    }

    /// The elements that an element must have, and that may not be blank.
    pub(crate) fn mandatory(&self, element: &str) -> &'static [&'static str] {
        match (element, self.is_danish) {
            ("Header", false) => &[
                "AuditFileVersion",
                "AuditFileCountry",
                "AuditFileDateCreated",
                "SoftwareCompanyName",
                "SoftwareID",
                "SoftwareVersion",
                "Company",
                "DefaultCurrencyCode",
                "TaxAccountingBasis",
            ],
            ("Header", true) => &[
                "AuditFileVersion",
                "AuditFileCountry",
                "AuditFileDateCreated",
                "SoftwareCompanyName",
                "SoftwareID",
                "SoftwareVersion",
                "Company",
                "DefaultCurrencyCode",
                "TaxEntity",
            ],
            ("Company", false) => &["RegistrationNumber", "Name", "Contact"],
            ("Company", true) => &["Name", "Address", "BankAccount"],
            ("Address", true) => &["StreetName", "City", "PostalCode", "Country"],
            ("ContactPerson", false) => &["FirstName", "LastName"],
            ("Account", false) => &["AccountID", "AccountDescription", "AccountType"],
            ("Account", true) => &["AccountID", "AccountDescription", "AccountType"],
            ("Customer", _) => &["Name", "CustomerID"],
            ("Supplier", _) => &["Name", "SupplierID"],
            ("TaxCodeDetails", false) => &["TaxCode", "Country"],
            ("TaxCodeDetails", true) => &["TaxCode", "EffectiveDate", "Description", "Country"],
            ("AnalysisTypeTableEntry", _) => &[
                "AnalysisType",
                "AnalysisTypeDescription",
                "AnalysisID",
                "AnalysisIDDescription",
            ],
            ("Analysis", _) => &["AnalysisType", "AnalysisID"],
            ("Line", _) => &["RecordID", "AccountID", "Description"],
            ("TaxInformation", true) => &["TaxCode"],
            _ => &[],
        }
    }
}

/// The elements that a transaction must have beside its lines.
pub(crate) const TRANSACTION_FIELDS: [&str; 7] = [
    "TransactionID",
    "Period",
    "PeriodYear",
    "TransactionDate",
    "Description",
    "SystemEntryDate",
    "GLPostingDate",
];

/// The elements whose text is an amount.
pub(crate) const AMOUNTS: [&str; 9] = [
    "Amount",
    "CurrencyAmount",
    "OpeningDebitBalance",
    "OpeningCreditBalance",
    "ClosingDebitBalance",
    "ClosingCreditBalance",
    "TotalDebit",
    "TotalCredit",
    "TaxBase",
];

/// Whether a grouping code can belong to a category: by the first digits of the codes in the
/// authority's list. `None` when the category is not in it.
pub(crate) fn is_grouping_pair(category: &str, code: &str) -> Option<bool> {
    let begins: &[&str] = match category {
        "balanseverdiForAnleggsmiddel" => &["10", "11", "12", "13"],
        "balanseverdiForOmloepsmiddel" => &["14", "15", "16", "17", "18", "19"],
        "egenkapital" => &["20", "9."],
        "langsiktigGjeld" => &["21", "22"],
        "kortsiktigGjeld" => &["23", "24", "25", "26", "27", "28", "29"],
        "salgsinntekt" => &["30", "31", "32", "33"],
        "annenDriftsinntekt" => &["34", "35", "36", "37", "38", "39"],
        "varekostnad" => &["4"],
        "loennskostnad" => &["5"],
        "annenDriftskostnad" => &["6", "7"],
        "finansinntekt" => &["80"],
        "finanskostnad" => &["81"],
        "skattekostnad" => &["83", "7.", "8."],
        "resultatDisponeringForSAF-T" => &["88"],
        "resultatkomponentForIFRSForetak" => &["89"],
        // Banks and insurance have codes of another form, which say nothing by their beginning.
        "bankOgForsikringsinntekt"
        | "bankOgForsikringskostnad"
        | "bankOgForsikringsinntektEllerKostnadSomIkkeBlirOmklassifisertTilResultatet"
        | "bankOgForsikringsinntektEllerKostnadSomKanBliOmklassifisertTilResultatet"
        | "endringIEgenkapitalInnenBankOgForsikring"
        | "balanseverdiForBankOgForsikringseiendel"
        | "gjeldInnenBankOgForsikring"
        | "NA" => return Some(true),
        _ => return None,
    };
    Some(code == "NA" || begins.iter().any(|begin| code.starts_with(begin)))
}

/// The Norwegian standard tax codes.
pub(crate) const STANDARD_TAX_CODES: [&str; 31] = [
    "0", "1", "11", "12", "13", "14", "15", "20", "21", "22", "3", "31", "32", "33", "5", "51", "52", "6",
    "7", "81", "82", "83", "84", "85", "86", "87", "88", "89", "91", "92", "NA",
];

/// The rate, with eight decimals, that a Norwegian standard tax code for sales has had since
/// 2016 at the latest; `None` where the code has none of its own or it has changed.
pub(crate) fn usual_rate(standard: &str) -> Option<i128> {
    let percent = match standard {
        "3" => 25,
        "31" => 15,
        "33" => 12,
        "0" | "5" | "51" | "52" | "6" | "7" => 0,
        _ => return None,
    };
    Some(percent * 100_000_000)
}

/// The currency codes of ISO 4217.
pub(crate) const CURRENCIES: &str = "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BOV BRL BSD BTN \
    BWP BYN BZD CAD CDF CHE CHF CHW CLF CLP CNY COP COU CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP \
    GMD GNF GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD \
    LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG \
    QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SLL SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH \
    UGX USD USN UYI UYU UYW UZS VED VES VND VUV WST XAF XAG XAU XBA XBB XBC XBD XCD XCG XDR XOF XPD XPF XPT XSU XTS XUA XXX YER \
    ZAR ZMW ZWG ZWL";
