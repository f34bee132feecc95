//! Who sends the orders: a crowd around what a security is worth.
//!
//! Three things happen to a book: somebody quotes (a limit away from the value), somebody takes an
//! order back, somebody crosses the spread. How often, how far and how many shares is calibrated to the
//! microstructure of the exchange (market rules, section 7): spread by turnover, shares at
//! the touch, sizes of trades, one order per level as a rule. Quotes left behind by the value are traded
//! against or withdrawn, and so the price follows.
//!
//! A decision is a function of the book, the value and the draws. Prices and quantities are whole
//! numbers from here on.

use super::draw::Dice;
use crate::market::rules::band::Band;
use crate::market::rules::lot::MAX_ORDER_QTY;
use crate::market::{BrokerId, Price, Qty, Side, Tick};
use crate::venue::book::{Book, Handle, Limit};
use crate::venue::exchange::Owner;

/// Nanoseconds of a continuous session.
const SESSION_NS: f64 = 14_400e9;
/// What one crossing order trades on average, in price units (paisa).
const CROSSING_NOTIONAL: f64 = 14_500_000.0;
/// Median notional of an order that quotes and of one that crosses, in price units.
const QUOTE_MEDIAN: f64 = 3_500_000.0;
const CROSSING_MEDIAN: f64 = 9_400_000.0;
/// Standard deviation of the logarithm of an order's notional.
const QUOTE_SIGMA: f64 = 1.5;
const CROSSING_SIGMA: f64 = 1.7;
/// The nearest quotes stand nearer than the usual distance; this makes up for it.
const SPREAD_SCALE: f64 = 1.7;
/// How much sooner an offer at the value is taken than one far from it.
const GOOD_OFFER: f64 = 4.0;
/// Members of the exchange.
const BROKERS: usize = 91;

/// Median quoted spread in basis points for a daily turnover below so many million rupees (market rules, section
/// 7); the last is carried on from the ones before.
pub(super) const SPREADS: [(f64, f64); 7] = [
    (2.0, 324.0),
    (5.0, 205.0),
    (10.0, 175.0),
    (25.0, 131.0),
    (50.0, 108.0),
    (100.0, 88.0),
    (f64::INFINITY, 75.0),
];

/// What somebody does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Action {
    /// Enters an order, which may trade at once.
    Enter(Limit<Owner>),
    /// Takes an order out.
    Withdraw(Handle),
    /// Thinks better of it.
    Nothing,
}

/// How the orders of one security come.
#[derive(Clone, Debug)]
pub(super) struct Crowd {
    tick: Tick,
    lot: Qty,
    /// Half of the usual spread, as a fraction of the price.
    half_spread: f64,
    /// Orders that cross the spread in a day of even pace.
    crossings: f64,
    /// Quotes and withdrawals in a day of even pace.
    quotes: f64,
    /// Orders that usually rest on a side.
    resting: f64,
    brokers: Brokers,
}

/// The market around one decision.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scene<'a> {
    pub(super) book: &'a Book<Owner>,
    /// What the security is worth, in price units.
    pub(super) value: f64,
    /// The last price.
    pub(super) last: Option<Price>,
    /// Where a limit may be entered now.
    pub(super) band: Band,
    /// Where a limit may be entered today.
    pub(super) daily: Band,
}

impl Crowd {
    /// The crowd of a security that turns over `daily` price units a day.
    pub(super) fn new(tick: Tick, lot: Qty, daily: f64, turnover: f64) -> Self {
        let millions = daily / 1e8;
        let spread = SPREADS.iter().find(|(below, _)| millions < *below).map_or(75.0, |(_, bps)| *bps);
        let busy = (millions / 5.0).min(1.0);
        let crossings = daily * turnover / CROSSING_NOTIONAL;
        Self {
            tick,
            lot,
            // Few orders leave wide gaps by themselves, so those of a quiet book come closer.
            half_spread: spread * 0.5e-4 * SPREAD_SCALE * (0.75 + 0.25 * busy),
            crossings,
            quotes: 850.0 + 8.0 * crossings,
            // The least traded have few orders.
            resting: 7.0 + 7.0 * busy,
            brokers: Brokers::new(),
        }
    }

    /// How long until somebody acts, in nanoseconds, at least a microsecond. A thin book draws quotes.
    pub(super) fn wait_ns(&self, book: &Book<Owner>, value: f64, activity: f64, dice: &mut Dice) -> i64 {
        let rate = (self.takers(book, value) + self.quotes * self.eagerness(book)) * activity / SESSION_NS;
        (dice.exponential() / rate).clamp(1e3, SESSION_NS) as i64
    }

    /// What somebody does in continuous trading.
    pub(super) fn act(&self, scene: &Scene<'_>, dice: &mut Dice) -> Action {
        let quotes = self.quotes * self.eagerness(scene.book);
        let takers = self.takers(scene.book, scene.value);
        if dice.chance(takers / (takers + quotes)) {
            return self.cross(scene, dice);
        }
        let side = Side::BOTH[dice.below(2)];
        let wanted = self.resting * self.crowding(side, scene);
        if dice.chance(wanted / (wanted + scene.book.count(side) as f64)) {
            self.quote(side, scene, dice)
        } else {
            withdraw(side, scene, dice)
        }
    }

    /// Orders for the opening auction, and how many a day's crowd sends.
    pub(super) fn for_auction(&self, scene: &Scene<'_>, dice: &mut Dice) -> Action {
        let side = Side::BOTH[dice.below(2)];
        // Opinions differ by a little less than the spread, so that some of the two sides meet.
        let wished = scene.value
            * (1.0 + 1.2 * self.half_spread * dice.normal() - sign(side) * 0.4 * self.half_spread);
        let Some(price) = self.on_grid(wished, side, dice) else { return Action::Nothing };
        self.enter(side, scene.band.clamp(price), self.size(price, QUOTE_MEDIAN, QUOTE_SIGMA, dice), dice)
    }

    /// How long until the next order for the auction of `entry_ns` nanoseconds.
    pub(super) fn auction_wait_ns(&self, entry_ns: i64, activity: f64, dice: &mut Dice) -> i64 {
        let rate = (6.0 + 0.06 * self.crossings) * activity / entry_ns.max(1) as f64;
        (dice.exponential() / rate).clamp(1e3, SESSION_NS) as i64
    }

    /// Somebody wants to trade now: takes the better offer if it is good enough, and else shows a better
    /// price than the book has, near the last one, for the other side to take.
    fn cross(&self, scene: &Scene<'_>, dice: &mut Dice) -> Action {
        let [buying, selling] = Side::BOTH.map(|side| self.appeal(side, scene.book, scene.value));
        let side = if dice.chance(buying / (buying + selling)) { Side::Buy } else { Side::Sell };
        let Some(touch) = scene.book.levels().best(side.opposite()) else {
            return self.quote(side, scene, dice);
        };
        if !dice.chance(self.appeal(side, scene.book, scene.value)) {
            return self.show_better(side, scene, dice);
        }
        let mut price = touch.price;
        if dice.chance(0.15) {
            let through = touch.price.units() as f64 * self.half_spread * 0.4 * dice.exponential();
            price = self.moved(price, sign(side) * through, side).unwrap_or(price);
        }
        let wanted = self.size(price, CROSSING_MEDIAN, CROSSING_SIGMA, dice);
        // Most take of the best level what they want or what is there; some take all of it.
        let qty = match dice.unit() {
            ..0.30 => touch.qty.clamp(self.lot, MAX_ORDER_QTY),
            ..0.85 => wanted.min(touch.qty).max(self.lot),
            _ => wanted,
        };
        let price = scene.band.clamp(price);
        self.enter(side, price, qty, dice)
    }

    /// A price inside the spread: the last one, if the value is still about there, or one near the value.
    fn show_better(&self, side: Side, scene: &Scene<'_>, dice: &mut Dice) -> Action {
        let near = |last: &Price| (last.units() as f64 / scene.value - 1.0).abs() < 0.4 * self.half_spread;
        let last = scene.last.filter(near).filter(|_| dice.chance(0.5));
        let wished = scene.value * (1.0 - sign(side) * self.half_spread * dice.between(-0.06, 0.22));
        let Some(price) = last.or_else(|| self.on_grid(wished, side, dice)) else { return Action::Nothing };
        self.place(side, price, scene, dice)
    }

    /// How good the best offer to this side is: from 1 at the value down to one in twenty-five at half of
    /// the usual half spread and beyond; nothing where nothing is offered.
    fn appeal(&self, side: Side, book: &Book<Owner>, value: f64) -> f64 {
        let touch = book.levels().best_price(side.opposite());
        let dear = |price: Price| sign(side) * (price.units() as f64 / value - 1.0) / self.half_spread;
        touch.map_or(0.04, |price| (1.2 - 2.2 * dear(price)).clamp(0.04, 1.0))
    }

    /// Somebody offers to trade at a price of their own.
    fn quote(&self, side: Side, scene: &Scene<'_>, dice: &mut Dice) -> Action {
        let away = self.half_spread * (0.74 + 0.95 * dice.exponential());
        let wished = scene.value * (1.0 - sign(side) * away);
        let joins = scene.book.levels().best_price(side).filter(|_| dice.chance(0.05));
        let grid = if joins.is_some() { joins } else { self.on_grid(wished, side, dice) };
        let Some(mut price) = grid else { return Action::Nothing };
        let opposite = scene.book.levels().best_price(side.opposite());
        if let Some(other) = opposite.filter(|other| reaches(side, price, *other) && dice.chance(0.5)) {
            // They see a price better than their own and queue in front of it.
            price = self.moved(other, -sign(side) * self.tick.units() as f64, side).unwrap_or(price);
        }
        self.place(side, price, scene, dice)
    }

    /// Enters a limit where the band lets it be entered.
    fn place(&self, side: Side, price: Price, scene: &Scene<'_>, dice: &mut Dice) -> Action {
        let price = match (side, scene.band.contains(price)) {
            (_, true) => price,
            (Side::Buy, false) if price > scene.band.upper => scene.band.upper,
            (Side::Sell, false) if price < scene.band.lower => scene.band.lower,
            // Too far away to be entered. Some come nearer, unless it is the day's limit that stops them.
            (_, false) if scene.daily.contains(price) && dice.chance(0.3) => scene.band.clamp(price),
            _ => return Action::Nothing,
        };
        self.enter(side, price, self.size(price, QUOTE_MEDIAN, QUOTE_SIGMA, dice), dice)
    }

    fn enter(&self, side: Side, price: Price, qty: Qty, dice: &mut Dice) -> Action {
        Action::Enter(Limit { side, price, qty, owner: Owner::crowd(self.brokers.draw(dice)) })
    }

    /// How many want to trade in a day of even pace: a good offer is soon taken.
    fn takers(&self, book: &Book<Owner>, value: f64) -> f64 {
        let best = Side::BOTH.map(|side| self.appeal(side, book, value));
        self.crossings * (0.5 + GOOD_OFFER * best[0].max(best[1]))
    }

    /// More than 1 when the book is thin.
    fn eagerness(&self, book: &Book<Owner>) -> f64 {
        let fewest = book.count(Side::Buy).min(book.count(Side::Sell)) as f64;
        1.0 + 4.0 * (1.0 - fewest / self.resting).max(0.0)
    }

    /// A side crowds when the value lies beyond the day's limit and nobody is left to trade with.
    fn crowding(&self, side: Side, scene: &Scene<'_>) -> f64 {
        let limit = match side {
            Side::Buy => scene.daily.upper,
            Side::Sell => scene.daily.lower,
        };
        let beyond = sign(side) * (scene.value / limit.units() as f64 - 1.0);
        1.0 + (beyond * 300.0).clamp(0.0, 6.0)
    }

    /// A wish as a price: on the grid, and often a round one, never better than wished.
    fn on_grid(&self, wished: f64, side: Side, dice: &mut Dice) -> Option<Price> {
        let round = if wished > 10_000.0 && dice.chance(0.15) { Tick::new(100) } else { None };
        let units = match side {
            Side::Buy => wished.floor(),
            Side::Sell => wished.ceil(),
        };
        Price::from_units(units as i64).on_grid(round.unwrap_or(self.tick), side)
    }

    fn moved(&self, price: Price, by: f64, side: Side) -> Option<Price> {
        Price::from_units(price.units() + by as i64).on_grid(self.tick, side)
    }

    /// Shares of an order: one in so many is the least lot, the rest is log-normal in rupees and often round.
    fn size(&self, price: Price, median: f64, sigma: f64, dice: &mut Dice) -> Qty {
        if dice.chance(0.06) {
            return self.lot;
        }
        let notional = dice.log_normal(median, sigma);
        let shares = (notional / price.units().max(1) as f64) as i64;
        let unit = match shares {
            _ if dice.chance(0.34) => 1,
            ..200 => 10,
            200..2_000 => 50,
            _ => 100,
        };
        Qty::from_units((shares + unit / 2) / unit * unit).clamp(self.lot, MAX_ORDER_QTY)
    }
}

/// Somebody takes an order out: of two drawn, the one further from the value, and sooner one that the
/// value has left behind.
fn withdraw(side: Side, scene: &Scene<'_>, dice: &mut Dice) -> Action {
    let count = scene.book.count(side);
    let far = |price: Price| {
        let away = sign(side) * (scene.value - price.units() as f64);
        if away < 0.0 { -3.0 * away } else { away }
    };
    let mut pick = || scene.book.orders(side).nth(dice.below(count));
    let (first, second) = (pick(), pick());
    let further = match (first, second) {
        (Some(a), Some(b)) if far(b.0) > far(a.0) => Some(b),
        (a, _) => a,
    };
    // What a member has sent is the member's to take back.
    let own = further.filter(|(_, order)| order.owner.order.is_none());
    own.map_or(Action::Nothing, |(_, order)| Action::Withdraw(order.handle))
}

/// Whether a limit reaches the best price of the other side.
fn reaches(side: Side, price: Price, other: Price) -> bool {
    match side {
        Side::Buy => price >= other,
        Side::Sell => price <= other,
    }
}

const fn sign(side: Side) -> f64 {
    match side {
        Side::Buy => 1.0,
        Side::Sell => -1.0,
    }
}

/// The members, some far busier than others, so that one in thirty-odd trades has the same broker on
/// both sides.
#[derive(Clone, Debug)]
struct Brokers {
    /// Weights added up.
    cumulative: [u64; BROKERS],
}

impl Brokers {
    fn new() -> Self {
        let mut total = 0;
        let cumulative = std::array::from_fn(|i| {
            total += 100_000 / (i as u64 + 3);
            total
        });
        Self { cumulative }
    }

    fn draw(&self, dice: &mut Dice) -> BrokerId {
        let all = self.cumulative[BROKERS - 1];
        let ticket = dice.below(all as usize) as u64;
        let rank = self.cumulative.partition_point(|sum| *sum <= ticket);
        // The busy ones are not the ones with low numbers.
        BrokerId((rank * 37 % BROKERS) as u16 + 1)
    }
}
