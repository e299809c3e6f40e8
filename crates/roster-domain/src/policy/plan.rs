//! Reads the tiers of a product's plan and what is counted by them: seats and meters.

use toml::de::DeValue;

use super::parse::NAME;
use super::reader::{Report, Table, listed, text, whole};
use super::{Meter, MeterName, Period, SeatRules, TierName, Tiers};

const SEATS: &str = "a whole number of seats from 1 to 1000000";
const LIMIT: &str = "a whole number from 0 to 9223372036854775807";

/// Reads `[tiers]`.
pub(super) fn tiers(root: &Table<'_>, report: &mut Report<'_>) -> Option<Tiers> {
    let table = root.get("tiers")?.table("a table", &["names", "default"], report)?;
    let before = report.len();
    let names = table.list("names", NAME, report, text(TierName::parse));
    if names.is_empty() && report.len() == before {
        report.add(&table.path_of("names"), "expected at least one tier");
    }
    if report.len() > before {
        return None;
    }
    let expected = format!("the name of one of this policy's tiers ({})", listed(&names));
    let known = |name: &str| names.iter().find(|tier| tier.as_str() == name).cloned();
    let default = table.required("default", &expected, report, text(known))?;
    Some(Tiers { names, default })
}

/// Reads `[seats]`. Whatever may hold a seat does so unless the file says otherwise, as that admits fewer people.
pub(super) fn seats(root: &Table<'_>, tiers: Option<&Tiers>, report: &mut Report<'_>) -> Option<SeatRules> {
    let known = ["by_tier", "pending_invitations_hold", "suspended_members_hold"];
    let table = root.get("seats")?.table("a table", &known, report)?;
    let pending_invitations_hold = table.flag("pending_invitations_hold", true, report);
    let suspended_members_hold = table.flag("suspended_members_hold", true, report);
    let number =
        |value: &DeValue<'_>| u32::try_from(whole(value)?).ok().filter(|n| (1..=1_000_000).contains(n));
    let by_tier = by_tier(root, &table, tiers, SEATS, report, number)?;
    Some(SeatRules { by_tier, pending_invitations_hold, suspended_members_hold })
}

/// Reads `[[meters]]`. A meter without a period never begins anew.
pub(super) fn meters(root: &Table<'_>, tiers: Option<&Tiers>, report: &mut Report<'_>) -> Vec<Meter> {
    let mut meters: Vec<Meter> = Vec::new();
    for table in root.tables("meters", &["name", "by_tier", "period"], report) {
        let name = table.required("name", NAME, report, text(MeterName::parse));
        let expected = "\"P1D\", \"P1M\" or \"P1Y\": a day, month or year of the UTC calendar";
        let period = table.optional("period", expected, report, text(Period::parse));
        let by_tier = by_tier(root, &table, tiers, LIMIT, report, whole);
        let Some(name) = name else { continue };
        if meters.iter().any(|meter| meter.name == name) {
            report.add(&table.path_of("name"), format!("another meter is named \"{name}\" already"));
        }
        meters.push(Meter { name, by_tier: by_tier.unwrap_or_default(), period });
    }
    meters
}

/// Reads `by_tier`: a number for every tier, since a tier without one would have to be taken for none or for all.
fn by_tier<T>(
    root: &Table<'_>,
    table: &Table<'_>,
    tiers: Option<&Tiers>,
    expected: &str,
    report: &mut Report<'_>,
    convert: impl Fn(&DeValue<'_>) -> Option<T>,
) -> Option<Vec<(TierName, T)>> {
    let Some(tiers) = tiers else {
        // Tiers that are there but wrong have been reported.
        if root.get("tiers").is_none() {
            report.add(&table.path, "what is counted by tier needs tiers, and this policy has no [tiers]");
        }
        return None;
    };
    let known: Vec<&str> = tiers.names.iter().map(TierName::as_str).collect();
    let Some(node) = table.get("by_tier") else {
        report.add(
            &table.path_of("by_tier"),
            format!("expected {expected} for each tier ({}), found nothing", listed(known)),
        );
        return None;
    };
    let numbers = node.table("a table of numbers by tier", &known, report)?;
    let mut read = Vec::new();
    for tier in &tiers.names {
        let number = numbers.required(tier.as_str(), expected, report, &convert);
        read.extend(number.map(|number| (tier.clone(), number)));
    }
    Some(read)
}
